/**
 * What `ingest` is told to read: files, folders, standard input; found, opened and unpacked, nothing understood yet.
 *
 * Folders are searched for `*.json` and `*.json.gz` only, in the order of their paths; a file that is named is read
 * whatever it is called. Compression is told by the first bytes, not by the name. Nothing that was found is left out
 * silently: what cannot be read becomes a refusal, and files of other kinds in a folder are counted.
 */
import { readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, join } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";

export interface Input {
  /** As the person wrote it, or as it was found below what the person wrote. */
  name: string;
  /** Null for standard input. */
  path: string | null;
  /** 0 where it cannot be told. */
  sizeBytes: number;
}

export interface Refusal {
  name: string;
  code: string;
  message: string;
}

export interface Inputs {
  inputs: Input[];
  refusals: Refusal[];
  /** Files in folders that are of no kind that is read. */
  otherCount: number;
}

export interface OpenInput {
  wire: AsyncIterable<Uint8Array>;
  /** As a Content-Encoding. */
  encoding: "gzip" | undefined;
  /** Last change of the file, milliseconds; null for standard input. */
  changedMs: number | null;
  close(): void;
}

const readBytes = 1024 * 1024;
const laterKinds = new Map([
  [".csv", "CSV"],
  [".zip", "zip"],
  [".xml", "XML"],
]);

export function listInputs(names: readonly string[]): Inputs {
  const found: Inputs = { inputs: [], refusals: [], otherCount: 0 };
  for (const name of names) {
    if (name === "-") found.inputs.push({ name, path: null, sizeBytes: 0 });
    else attempt(found, name, () => addPath(found, name));
  }
  return found;
}

function addPath(found: Inputs, path: string): void {
  const stats = statSync(path);
  if (stats.isDirectory()) addFolder(found, path);
  else {
    const refusal = refuseLaterKind(path);
    if (refusal) found.refusals.push(refusal);
    else found.inputs.push({ name: path, path, sizeBytes: stats.size });
  }
}

function addFolder(found: Inputs, folder: string): void {
  const items = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const item of items) {
    const path = join(folder, item.name);
    if (item.isDirectory()) attempt(found, path, () => addFolder(found, path));
    else if (/\.json(\.gz)?$/i.test(item.name)) attempt(found, path, () => addFound(found, path));
    else found.otherCount++;
  }
}

function addFound(found: Inputs, path: string): void {
  const stats = statSync(path);
  // A link to a folder may lead round in circles.
  if (stats.isDirectory()) found.otherCount++;
  else found.inputs.push({ name: path, path, sizeBytes: stats.size });
}

function attempt(found: Inputs, name: string, add: () => void): void {
  try {
    add();
  } catch (error) {
    found.refusals.push(refuseUnreadable(name, error));
  }
}

function refuseLaterKind(path: string): Refusal | undefined {
  const extension = /\.[a-z]+(?=(\.gz)?$)/i.exec(basename(path))?.[0].toLowerCase();
  const kind = laterKinds.get(extension ?? "");
  return kind === undefined ? undefined : refuseKind(path, kind);
}

export function refuseKind(name: string, kind: string): Refusal {
  return {
    name,
    code: "unsupported_media_type",
    message: `This release reads the JSON of Health Auto Export only, no ${kind}.`,
  };
}

/** A file that the system does not let us read: its own words, without the path that stands beside them anyway. */
export function refuseUnreadable(name: string, error: unknown): Refusal {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (typeof code !== "string" || !("syscall" in (error as object))) throw error;
  const words: Record<string, string> = {
    ENOENT: "There is no such file.",
    EACCES: "It may not be read by this user.",
    EISDIR: "It is a folder.",
  };
  return { name, code: "failed", message: words[code] ?? `It cannot be read (${code}).` };
}

export async function openInput(
  { path }: Input,
  stdin: NodeJS.ReadableStream,
  signal: AbortSignal,
): Promise<OpenInput> {
  const handle = path === null ? null : await open(path, "r");
  const changedMs = handle === null ? null : Math.floor((await handle.stat()).mtimeMs);
  const stream = handle?.createReadStream({ highWaterMark: readBytes }) ?? (stdin as Readable);
  addAbortSignal(signal, stream);
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>;
  const first = await pieces.next();
  const head = first.done ? undefined : toBytes(first.value);
  async function* wire(): AsyncGenerator<Uint8Array> {
    if (head === undefined) return;
    yield head;
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield toBytes(next.value);
  }
  return {
    wire: wire(),
    encoding: head?.[0] === 0x1f && head[1] === 0x8b ? "gzip" : undefined,
    changedMs,
    close: () => void stream.destroy(),
  };
}

function toBytes(piece: Buffer | string): Uint8Array {
  return typeof piece === "string" ? Buffer.from(piece) : piece;
}
