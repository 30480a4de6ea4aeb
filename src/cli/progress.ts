/**
 * A progress bar on stderr.
 *
 * Callers may rely on: it costs next to nothing to call (`update` draws ten times a second at most), shows nothing for
 * work that is done within about two seconds, and leaves no trace behind when it is finished. It has no timer, so it
 * keeps no process alive and says nothing while the caller is stuck.
 */
import { formatBytes, formatCount, type Sink } from "./output.js";

export interface ProgressOptions {
  label: string;
  /** What counts as everything; without it the amount alone is shown. */
  total?: number;
  unit?: "bytes" | "count";
  now?: () => number;
}

export interface Progress {
  update(done: number): void;
  finish(): void;
}

const silentMs = 2000;
const betweenDrawsMs = 100;
const barWidth = 24;

/** Without a sink nothing is drawn. */
export function createProgress(options: ProgressOptions, sink: Sink | undefined): Progress {
  const now = options.now ?? (() => performance.now());
  let nextDraw = now() + silentMs;
  let isDrawn = false;
  return {
    update(done) {
      const time = now();
      if (sink === undefined || time < nextDraw) return;
      nextDraw = time + betweenDrawsMs;
      isDrawn = true;
      sink.write(`\r\u001b[K${draw(options, done).slice(0, (sink.columns ?? 80) - 1)}`);
    },
    finish() {
      if (isDrawn) sink?.write("\r\u001b[K");
      isDrawn = false;
      nextDraw = Number.POSITIVE_INFINITY;
    },
  };
}

function draw({ label, total, unit }: ProgressOptions, done: number): string {
  const show = unit === "bytes" ? formatBytes : formatCount;
  if (total === undefined || total <= 0) return `${label}  ${show(done)}`;
  const share = Math.min(1, Math.max(0, done / total));
  const full = Math.round(share * barWidth);
  const bar = "#".repeat(full) + ".".repeat(barWidth - full);
  return `${label}  [${bar}] ${Math.floor(share * 100)} %  ${show(done)} of ${show(total)}`;
}
