/**
 * The first start: one user, one key, and what a person has to type into the phone. Shared by `serve` and `setup`.
 *
 * Of several processes that start at once one makes them; the secret is handed out once and kept nowhere.
 */
import { networkInterfaces } from "node:os";
import type { Config } from "../config.js";
import type { Store, User } from "../store/store.js";
import { uuidv7 } from "../store/uuid.js";
import { hashSecret, newApiKey } from "./api-keys.js";

export interface FirstUser {
  user: User;
  /** The whole key, as it is shown once. */
  key: string;
}

/** Null where there is a user already, or another process was first. */
export async function ensureFirstUser(
  store: Store,
  options: { zone: string; name: string },
): Promise<FirstUser | null> {
  if ((await store.users()).length > 0) return null;
  const { handle, secret, text } = newApiKey();
  const secretHash = await hashSecret(secret);
  let made: User | undefined;
  const isFirst = await store.createFirst({ name: options.name, timeZone: options.zone }, (user) => {
    made = user;
    return {
      id: uuidv7(),
      handle,
      userId: user.userId,
      name: "first key",
      scopes: ["ingest", "read"],
      secretHash,
      requestsPerHour: null,
      bandwidthPerHour: null,
      expiresAt: null,
    };
  });
  return isFirst && made ? { user: made, key: text } : null;
}

/** Where phones deliver: the public address where one is set, else each address that this machine has in its networks. */
export function ingestUrls({ server }: Pick<Config, "server">): string[] {
  const path = "/api/v1/ingest";
  if (server.publicUrl !== null) return [`${server.publicUrl.replace(/\/+$/, "")}${path}`];
  const scheme = server.tls === null ? "http" : "https";
  const isEverywhere = server.host === "0.0.0.0" || server.host === "::";
  const hosts = isEverywhere ? lanAddresses() : [server.host];
  return hosts.map((host) => `${scheme}://${host.includes(":") ? `[${host}]` : host}:${server.port}${path}`);
}

function lanAddresses(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);
  return addresses.length > 0 ? addresses : ["127.0.0.1"];
}

/** What a person needs to set up the phone. Holds the key: print it once, log it never. */
export function firstStartText(config: Pick<Config, "server">, { key, user }: FirstUser): string {
  const [url = "", ...others] = ingestUrls(config);
  return `
  selfsensored is ready. Put this into Health Auto Export on the phone (it is shown only now):

    Automations → New Automation → REST API
      URL             ${url}${others.map((other) => `\n                      or ${other}`).join("")}
      Headers         Authorization: Bearer ${key}
      Data Type       Health Metrics
      Export Format   JSON, Export Version v2
      Date Range      Default
      Batch Requests  on

  Lost it? A new key:  selfsensored keys create --user ${user.name} --name phone
`;
}
