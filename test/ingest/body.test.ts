/** Bodies as they come over the wire: one content, however it was packed and cut. */
import { tmpdir } from "node:os";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { takeBody } from "../../src/ingest/body.js";

const content = JSON.stringify({ data: { metrics: [], note: "a".repeat(5000) } });

async function take(packed: Uint8Array, encoding: string, pieceBytes: number): Promise<string> {
  async function* wire() {
    for (let at = 0; at < packed.length; at += pieceBytes) yield packed.subarray(at, at + pieceBytes);
  }
  const limits = { maxBodyBytes: 100_000, maxInflatedBytes: 100_000, folder: tmpdir() };
  const body = await takeBody(wire(), encoding, limits);
  const { wireBytes, inline } = body;
  await body.close();
  expect(wireBytes).toBe(packed.length);
  return Buffer.from(inline!).toString();
}

const packings: [encoding: string, packed: Uint8Array][] = [
  ["identity", Buffer.from(content)],
  ["gzip", gzipSync(content)],
  ["br", brotliCompressSync(content)],
  ["deflate", deflateSync(content)],
  ["deflate", deflateSync(content, { level: 0 })],
  ["deflate", deflateRawSync(content)],
  ["deflate", deflateRawSync(content, { level: 0 })],
];

test("every Content-Encoding is undone, deflate with and without its wrapper, however the bytes are cut", async () => {
  for (const [encoding, packed] of packings) {
    for (const pieceBytes of [1, 7, 100_000]) expect(await take(packed, encoding, pieceBytes)).toBe(content);
  }
});

test("what is no deflate, cut off, or empty is refused as what its Content-Encoding says it is not", async () => {
  const broken = [Buffer.from("junk"), deflateSync(content).subarray(0, -9), deflateRawSync(content).subarray(0, -9)];
  for (const packed of [...broken, Buffer.alloc(0)]) {
    await expect(take(packed, "deflate", 3)).rejects.toMatchObject({ code: "invalid_json" });
  }
});
