/**
 * Asks an address every 20 ms, in a process of its own so that the load's own work is not taken for the daemon's, until
 * stdin ends; then prints the milliseconds that each answer took.
 *
 * A request does not wait for the one before: what stands still is counted as often as somebody would have asked.
 *
 *     node prober.js URL
 */
import { Agent, get } from "node:http";

const everyMs = 20;
/** Stands for an answer that never came, or was none. */
const lostMs = 60_000;

const url = process.argv[2]!;
const agent = new Agent({ keepAlive: true });
const tookMs: number[] = [];
let waiting = 0;
let isOver = false;

function ask(isWarmUp = false): void {
  const startedMs = performance.now();
  let isCounted = isWarmUp;
  const count = (ms: number) => {
    if (!isCounted) tookMs.push(ms);
    else if (isWarmUp) process.stdout.write("ready\n");
    isCounted = true;
  };
  waiting++;
  const request = get(url, { agent, timeout: lostMs }, (response) => {
    response.resume();
    response.on("end", () => count(response.statusCode === 200 ? performance.now() - startedMs : lostMs));
  });
  request.on("timeout", () => request.destroy());
  request.on("error", () => count(lostMs));
  request.on("close", () => {
    waiting--;
    if (isOver && waiting === 0) finish();
  });
}

function finish(): void {
  clearInterval(timer);
  agent.destroy();
  process.stdout.write(`${JSON.stringify(tookMs)}\n`);
}

ask(true);
const timer = setInterval(() => ask(), everyMs);
process.stdin.on("end", () => {
  isOver = true;
  clearInterval(timer);
  if (waiting === 0) finish();
});
process.stdin.resume();
