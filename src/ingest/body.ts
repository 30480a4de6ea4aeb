/**
 * Takes a body in: counts it on the wire, undoes its Content-Encoding within bounds, hashes it, and keeps it in memory
 * or, above a small size, in a temporary file of the data directory.
 *
 * Memory is flat, also for a gzip bomb: it is refused when it passes `maxInflatedBytes`, having been written to disk as
 * it came. The file is unlinked as soon as it is open. Throws `payload_too_large`, `unsupported_media_type`,
 * `invalid_json` (the encoding is broken) or `storage_unavailable`.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { Problem, problem } from "../problem.js";
import { makeFolder } from "../store/make-folder.js";
import { uuidv7 } from "../store/uuid.js";
import { YoungGarbage } from "./young-garbage.js";

/** Bodies up to this size stay in memory and go to the worker as they are. */
export const inlineBytes = 1024 * 1024;
const zlibChunkBytes = 128 * 1024;
const readBytes = 1024 * 1024;

export interface Body {
  sha256: Buffer;
  /** Size with Content-Encoding undone, and on the wire. */
  bodyBytes: number;
  wireBytes: number;
  /** The first bytes, enough to tell what it is. */
  head: Uint8Array;
  /** The whole body where it is small, else null. */
  inline: Uint8Array | null;
  /** The whole body; may be called more than once. A piece is only good until the next is asked for. */
  pieces(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface BodyLimits {
  maxBodyBytes: number;
  maxInflatedBytes: number;
  folder: string;
}

/** Makes the decoder, once the first byte of the body is known. */
type MakeDecoder = (firstByte: number | undefined) => Transform;

function decoderFor(encoding: string | undefined): MakeDecoder | null {
  const options = { chunkSize: zlibChunkBytes };
  switch ((encoding ?? "").trim().toLowerCase()) {
    case "":
    case "identity":
      return null;
    case "gzip":
    case "x-gzip":
      return () => createGunzip(options);
    case "br":
      return () => createBrotliDecompress(options);
    case "deflate":
      // Apple's own compression and older programs leave the wrapper out, of which the first byte ends in 8.
      return (firstByte) => ((firstByte ?? 8) % 16 === 8 ? createInflate(options) : createInflateRaw(options));
    default:
      throw problem("unsupported_media_type", "The Content-Encoding is not supported; send gzip, br, deflate or none.");
  }
}

export function tooLarge(limitBytes: number): Problem {
  return problem(
    "payload_too_large",
    `The body is larger than ${Math.floor(limitBytes / (1024 * 1024))} MiB: turn on Batch Requests in the automation, or export a shorter period.`,
  );
}

export async function takeBody(
  wire: AsyncIterable<Uint8Array>,
  encoding: string | undefined,
  limits: BodyLimits,
): Promise<Body> {
  const makeDecoder = decoderFor(encoding);
  const hash = createHash("sha256");
  const garbage = new YoungGarbage();
  let wireBytes = 0;
  let bodyBytes = 0;
  let pieces: Uint8Array[] = [];
  let file: FileHandle | null = null;

  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of wire) {
      wireBytes += piece.byteLength;
      if (wireBytes > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes);
      garbage.passed(piece.byteLength);
      yield piece;
    }
  }
  const decoded = makeDecoder ? inflated(counted(), makeDecoder) : counted();
  try {
    for await (const piece of decoded) {
      bodyBytes += piece.byteLength;
      if (bodyBytes > limits.maxInflatedBytes) throw tooLarge(limits.maxInflatedBytes);
      hash.update(piece);
      if (makeDecoder) garbage.passed(piece.byteLength);
      pieces.push(piece);
      if (bodyBytes > inlineBytes) {
        file ??= await openSpool(limits.folder);
        await writeAll(file, pieces);
        pieces = [];
      }
    }
  } catch (error) {
    await file?.close();
    throw translate(error);
  }

  const inline = file ? null : Buffer.concat(pieces);
  const head = inline ? inline.subarray(0, 1024) : await readHead(file!);
  return {
    sha256: hash.digest(),
    bodyBytes,
    wireBytes,
    head,
    inline,
    async *pieces() {
      if (inline) yield inline;
      else yield* readAll(file!, bodyBytes);
    },
    async close() {
      await file?.close();
    },
  };
}

async function* inflated(wire: AsyncGenerator<Uint8Array>, makeDecoder: MakeDecoder): AsyncIterable<Uint8Array> {
  const first = await wire.next();
  const decoder = makeDecoder(first.done ? undefined : first.value[0]);
  const source = Readable.from(withFirst(first, wire), { objectMode: false });
  source.on("error", (error) => decoder.destroy(error));
  try {
    yield* source.pipe(decoder) as AsyncIterable<Uint8Array>;
  } finally {
    source.destroy();
    decoder.destroy();
  }
}

async function* withFirst<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

async function openSpool(folder: string): Promise<FileHandle> {
  makeFolder(folder);
  const path = join(folder, `body-${uuidv7()}`);
  const file = await open(path, "wx+", 0o600);
  await unlink(path);
  return file;
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) {
    let done = 0;
    while (done < piece.byteLength) done += (await file.write(piece, done)).bytesWritten;
  }
}

async function readHead(file: FileHandle): Promise<Uint8Array> {
  const head = new Uint8Array(1024);
  const { bytesRead } = await file.read(head, 0, head.byteLength, 0);
  return head.subarray(0, bytesRead);
}

/** Pieces are only good until the next is asked for: one buffer serves them all. */
async function* readAll(file: FileHandle, size: number): AsyncIterable<Uint8Array> {
  const piece = new Uint8Array(readBytes);
  for (let offset = 0; offset < size; ) {
    const { bytesRead } = await file.read(piece, 0, Math.min(readBytes, size - offset), offset);
    if (bytesRead === 0) throw new Error("a temporary file is shorter than it was");
    offset += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

function translate(error: unknown): unknown {
  if (error instanceof Problem) return error;
  const code = String((error as { code?: unknown } | null)?.code ?? "");
  if (
    code.startsWith("Z_") ||
    code.startsWith("ERR_BROTLI") ||
    code.startsWith("ERR__ERROR_FORMAT") ||
    code === "ERR_ZLIB_INITIALIZATION_FAILED"
  ) {
    return problem("invalid_json", "The body is not what its Content-Encoding says.", { cause: error });
  }
  if (code === "ENOSPC" || code === "EDQUOT")
    return problem("storage_unavailable", "The disk is full.", { cause: error });
  if (code === "EROFS" || code === "EACCES") {
    return problem("storage_unavailable", "The data directory cannot be written.", { cause: error });
  }
  return error;
}
