/**
 * Whether the daemon of this data directory is up: it says where it is in `daemon.json`, and `/health` says that it
 * lives. Nothing secret is sent, so a certificate that does not fit this machine's own address is no obstacle.
 */
import { get as getPlain } from "node:http";
import { get as getTls } from "node:https";
import type { Config } from "../config.js";
import { readDaemonFile } from "../server/daemon-file.js";

const patienceMs = 2000;
const longestAnswer = 10_000;

export interface DaemonState {
  up: boolean;
  url: string | null;
  pid: number | null;
  version: string | null;
}

export async function probeDaemon(config: Pick<Config, "dataDir" | "server">): Promise<DaemonState> {
  const file = readDaemonFile(config.dataDir);
  // An orderly stop removes the file; without it, whatever listens on that port serves other data.
  if (file === null) return { up: false, url: null, pid: null, version: null };
  for (const base of new Set([localUrl(config.server), file.url])) {
    const version = base === null ? null : await askHealth(`${base}/health`);
    if (version !== null) return { up: true, url: file.url, pid: file.pid, version };
  }
  return { up: false, url: file.url, pid: null, version: null };
}

/** Null where the port is any free one. */
function localUrl({ host, port, tls }: Config["server"]): string | null {
  if (port === 0) return null;
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const name = isEverywhere ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `${tls === null ? "http" : "https"}://${name}:${port}`;
}

/** The version of the daemon that answers; null where none does. */
function askHealth(url: string): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { timeout: patienceMs, rejectUnauthorized: false, agent: false };
    const request = (url.startsWith("https:") ? getTls : getPlain)(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
        if (text.length > longestAnswer) request.destroy();
      });
      response.on("end", () => resolve(response.statusCode === 200 ? readVersion(text) : null));
      response.on("close", () => resolve(null));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(null));
  });
}

function readVersion(text: string): string | null {
  try {
    const { status, version } = JSON.parse(text) as { status?: unknown; version?: unknown };
    return status === "ok" && typeof version === "string" ? version : null;
  } catch {
    return null;
  }
}
