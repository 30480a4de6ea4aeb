/** `npm run demo`: a daemon with a simulated person's data to look at (`bench/demo.ts`); arguments go on to it. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { runTypeScript } from "./run-typescript.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
await runTypeScript(root, ["bench/demo.ts"], process.argv.slice(2));
