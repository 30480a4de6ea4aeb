/** Room that one SQLite file takes: what was written last is still in the journal beside it, at first all of it. */
import { statSync } from "node:fs";

export function sizeWithJournal(path: string): number {
  return [path, `${path}-wal`].reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}
