/**
 * Keeps large bodies from piling up as garbage.
 *
 * A body comes in as thousands of buffers whose bytes lie outside V8's heap. The collector looks at its own heap, which
 * they hardly fill, and lets about 60 MB of them wait (measured: docs/benchmarks.md). A scavenge of the young generation
 * every few megabytes takes well under a millisecond and keeps memory flat.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const scavengeEveryBytes = 8 * 1024 * 1024;

type Collect = (options: { type: "minor" }) => void;
let collect: Collect | null = null;

function collector(): Collect {
  if (!collect) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as Collect;
    setFlagsFromString("--no-expose-gc");
  }
  return collect;
}

/** Counts bytes that passed through and scavenges when enough have. One per body. */
export class YoungGarbage {
  private bytes = 0;

  passed(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < scavengeEveryBytes) return;
    this.bytes = 0;
    collector()({ type: "minor" });
  }
}
