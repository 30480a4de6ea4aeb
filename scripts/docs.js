/** `npm run docs`: writes the references of commands, settings and errors anew (`scripts/references.ts`). */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { runTypeScript } from "./run-typescript.js";

await runTypeScript(dirname(dirname(fileURLToPath(import.meta.url))), ["scripts/references.ts"], []);
