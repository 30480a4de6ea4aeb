/**
 * Certificate and key: read, checked, and exchanged in a running server.
 *
 * Callers may rely on: `readTlsFiles` gives only what a server can use, and its problem names the file and the setting,
 * never a content. A renewal that went wrong (half-written, not matching, out of date) thus never replaces what works.
 */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { problem } from "../problem.js";
import type { TlsFiles } from "./app.js";

export interface TlsPaths {
  certPath: string;
  keyPath: string;
}

export async function readTlsFiles({ certPath, keyPath }: TlsPaths): Promise<TlsFiles> {
  const cert = await read("server.tls.cert", certPath);
  const key = await read("server.tls.key", keyPath);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw refuse("server.tls.cert", certPath, `cannot be used together with the key ${keyPath}`, cause);
  }
  return { cert, key };
}

/** When the certificate ends; browsers and phones refuse it from then on. */
export function certificateEndMs({ cert }: TlsFiles): number {
  return Date.parse(new X509Certificate(cert).validTo);
}

async function read(setting: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw refuse(setting, path, "cannot be read", cause);
  }
}

function refuse(setting: string, path: string, what: string, cause: unknown) {
  return problem("bad_configuration", `${setting}: ${path} ${what}`, { cause });
}
