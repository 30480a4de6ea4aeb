import { expect, test } from "vitest";
import { Verifier, type VerifierOptions } from "../../src/server/verifier.js";

/** A verifier whose hashing is counted, and ends when the test says so. */
function watchedVerifier(options: Partial<VerifierOptions> = {}) {
  const open: { hash: string; secret: string; finish(isRight: boolean): void }[] = [];
  let calls = 0;
  const verifier = new Verifier({
    localSecret: Buffer.alloc(32, 1),
    verify: (hash, secret) => {
      calls++;
      return new Promise((finish) => open.push({ hash, secret, finish }));
    },
    ...options,
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { verifier, open, turn, calls: () => calls };
}

const claim = { handle: "h", secret: "s", hash: "x" };

test("a right secret is remembered for an hour, then hashed again", async () => {
  let nowMs = 0;
  const verifier = new Verifier({
    localSecret: Buffer.alloc(32),
    now: () => nowMs,
    verify: async () => true,
  });
  expect(verifier.remembers(claim)).toBe(false);
  await verifier.verify(claim);
  nowMs = 3_599_999;
  expect(verifier.remembers(claim)).toBe(true);
  nowMs = 3_600_000;
  expect(verifier.remembers(claim)).toBe(false);
});

test("a wrong secret is not remembered, and a right one does not vouch for another secret, handle or hash", async () => {
  let isRight = false;
  const verifier = new Verifier({ localSecret: Buffer.alloc(32), verify: async () => isRight });
  expect(await verifier.verify(claim)).toBe(false);
  expect(verifier.remembers(claim)).toBe(false);
  isRight = true;
  await verifier.verify(claim);
  const others = [
    { ...claim, secret: "t" },
    { ...claim, handle: "i" },
    { ...claim, hash: "y" },
  ];
  expect([claim, ...others].map((one) => verifier.remembers(one))).toEqual([true, false, false, false]);
});

test("checks of one secret at the same time share one run", async () => {
  const { verifier, open, turn, calls } = watchedVerifier();
  const checks = [verifier.verify(claim), verifier.verify(claim), verifier.verify(claim)];
  await turn();
  open[0]!.finish(true);
  expect(await Promise.all(checks)).toEqual([true, true, true]);
  expect(calls()).toBe(1);
});

test("two run at a time, the others wait their turn, and too many are refused as overload", async () => {
  const { verifier, open, turn } = watchedVerifier({ limits: { waiting: 2 } });
  const answers = [1, 2, 3, 4].map((n) => verifier.verify({ ...claim, secret: `${n}` }));
  await expect(verifier.verify({ ...claim, secret: "5" })).rejects.toMatchObject({ code: "overloaded" });
  await turn();
  expect(open.map(({ secret }) => secret)).toEqual(["1", "2"]);
  open[1]!.finish(false);
  await turn();
  expect(open.map(({ secret }) => secret)).toEqual(["1", "2", "3"]);
  open[0]!.finish(true);
  open[2]!.finish(true);
  await turn();
  open[3]!.finish(true);
  expect(await Promise.all(answers)).toEqual([true, false, true, true]);
});

test("a check that fails gives its place back", async () => {
  let isBroken = true;
  const verifier = new Verifier({
    localSecret: Buffer.alloc(32),
    limits: { running: 1 },
    verify: async () => {
      if (isBroken) throw new Error("no memory");
      return true;
    },
  });
  await expect(verifier.verify(claim)).rejects.toThrow("no memory");
  isBroken = false;
  expect(await verifier.verify(claim)).toBe(true);
});

test("memory is bounded: the oldest secret is forgotten first", async () => {
  const verifier = new Verifier({ localSecret: Buffer.alloc(32), limits: { remembered: 2 }, verify: async () => true });
  const claims = ["1", "2", "3"].map((secret) => ({ ...claim, secret }));
  for (const one of claims) await verifier.verify(one);
  expect(claims.map((one) => verifier.remembers(one))).toEqual([false, true, true]);
});
