import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder } from "../../src/store/make-folder.js";
import { openStore } from "../../src/store/open.js";

function openScratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("a folder is made with those above it, for its owner alone, and may exist already", () => {
  const path = join(openScratch(), "a", "b");
  makeFolder(path);
  makeFolder(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test("a folder that can never be made fails instead of being tried for ever", () => {
  expect(() => makeFolder("/proc/selfsensored/data")).toThrow(/ENOENT|EACCES|EPERM/);
});

test("a store below a file says what is wrong with its place", async () => {
  const file = join(openScratch(), "file");
  writeFileSync(file, "");
  await expect(openStore({ url: `sqlite:${file}/data/selfsensored.db`, create: true })).rejects.toMatchObject({
    code: "store_read_only",
  });
});
