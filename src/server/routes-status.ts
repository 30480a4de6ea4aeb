/**
 * How the appliance is: for process managers, load balancers and Prometheus. None of them tells anything about anybody.
 *
 * Liveness means that the event loop turns. Readiness means that the store answers (it could only be opened with all
 * migrations applied) and that there is room for the next delivery.
 */
import type { FastifyReply } from "fastify";
import { problem } from "../problem.js";
import type { RouteContext } from "./route.js";
import type { DiskSpace, Services } from "./services.js";

const roomBytes = 200 * 1024 * 1024;
const roomShare = 0.01;
const storePatienceMs = 5_000;

export async function reportLiveness({ reply, services }: RouteContext): Promise<FastifyReply> {
  return reply.send({ status: "ok", version: services.version });
}

export async function reportReadiness({ reply, services }: RouteContext): Promise<FastifyReply> {
  const [, space] = await Promise.all([askStore(services), measureDisk(services)]);
  if (!hasRoom(space)) {
    throw problem("storage_unavailable", "The disk with the data directory is nearly full.");
  }
  return reply.send({ status: "ready", version: services.version });
}

export async function exposeMetrics({ request, reply, services }: RouteContext): Promise<FastifyReply> {
  const { config, authenticator, metrics, store, logger } = services;
  if (config.server.metricsAuth === "admin")
    await authenticator.authorise({ headers: request.headers, scope: "admin" });
  try {
    await metrics.refresh(store);
  } catch {
    // The other numbers matter most when the store is away; `/ready` says why it is.
    logger.debug({ request_id: request.id }, "metrics without the store's numbers");
  }
  return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
}

async function askStore({ store }: Services): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), storePatienceMs);
  });
  try {
    await Promise.race([store.queueDepth(), patience]);
  } catch (cause) {
    throw problem("storage_unavailable", "The database does not answer.", { cause });
  } finally {
    clearTimeout(timer);
  }
}

async function measureDisk({ diskSpace }: Services): Promise<DiskSpace> {
  try {
    return await diskSpace();
  } catch (cause) {
    throw problem("storage_unavailable", "The data directory cannot be read.", { cause });
  }
}

/** Contract section 3 asks for room on disk: one percent, or 200 MiB where that is less. */
function hasRoom({ freeBytes, totalBytes }: DiskSpace): boolean {
  return freeBytes >= Math.min(roomBytes, totalBytes * roomShare);
}
