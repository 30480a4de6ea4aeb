/** `npm run schema`: writes migrations/sqlite/schema.sql anew (`scripts/schema-dump.ts`). */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { runTypeScript } from "./run-typescript.js";

await runTypeScript(dirname(dirname(fileURLToPath(import.meta.url))), ["scripts/schema-dump.ts"], []);
