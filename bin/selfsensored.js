#!/usr/bin/env node
// Starts the built program; everything that it does is in src/main.ts.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`error: selfsensored needs Node.js 20.19 or newer; this is ${process.versions.node}\n`);
  process.exit(1);
}

const { existsSync } = await import("node:fs");
const entry = new URL("../dist/main.js", import.meta.url);
if (!existsSync(entry)) {
  process.stderr.write("error: selfsensored is not built yet\nhint:  npm run build\n");
  process.exit(1);
}
const { runProcess } = await import(entry.href);
await runProcess();
