/**
 * Files of a new migration, for people who work on the program: one pair for every engine, all with the next number.
 *
 * A number that one engine has is never given to something else of another, so that the pairs of engines stay side by
 * side.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { problem } from "../problem.js";

/** Paths of the files made. `folder` holds one folder for every engine. */
export function writeNewMigration(folder: string, title: string): string[] {
  const name = title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "");
  if (name === "") throw problem("usage", "A migration's name needs letters or digits.", { hint: null });
  const engines = readdirSync(folder, { withFileTypes: true }).filter((item) => item.isDirectory());
  const numbers = engines.flatMap((engine) =>
    readdirSync(join(folder, engine.name)).map((file) => Number(/^(\d{4})_/.exec(file)?.[1] ?? 0)),
  );
  const number = String(Math.max(0, ...numbers) + 1).padStart(4, "0");
  return engines.flatMap((engine) => {
    const stem = join(folder, engine.name, `${number}_${name}`);
    return (
      [
        [`${stem}.up.sql`, ""],
        [`${stem}.down.sql`, "-- keeps all data (remove this line where that is not so)\n"],
      ] as const
    ).map(([path, text]) => {
      writeFileSync(path, text, { flag: "wx" });
      return path;
    });
  });
}
