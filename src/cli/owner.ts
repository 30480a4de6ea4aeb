/**
 * As root, all commands but `serve` act as the owner of the data folder (contract section 1): otherwise a
 * `sudo selfsensored keys create` would leave files behind that the daemon cannot write.
 *
 * Call it after the configuration is read (root may read what the owner may not) and before anything is opened. It does
 * nothing for anybody but root, for a folder that does not exist, and for one that root owns. There is no way back.
 */
import { statSync } from "node:fs";

export function actAsOwner(folder: string): void {
  if (process.getuid?.() !== 0) return;
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0) return;
  process.setgroups?.([owner.gid]);
  process.setgid?.(owner.gid);
  process.setuid?.(owner.uid);
}
