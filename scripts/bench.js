/** `npm run bench`: measures the appliance (`bench/main.ts`); arguments go on to it, `--help` among them. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { runTypeScript } from "./run-typescript.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
await runTypeScript(root, ["bench/main.ts", "bench/floor.ts", "bench/prober.ts"], process.argv.slice(2));
