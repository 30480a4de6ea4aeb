/** Pages of points whose borders fall where it is hardest: between points of one instant. */
import { expect, test } from "vitest";
import { Lab } from "../support/lab.js";

test("a page that ends between samples of one instant goes on with the next of them", async () => {
  const lab = await Lab.open();
  const at = "2026-03-02 12:00:00 +0100";
  const data = [300, 100, 200, 200].map((qty) => ({ date: at, qty, source: "Food diary" }));
  await lab.send({ data: { metrics: [{ name: "dietary_energy", units: "kcal", data }] } });

  for (const limit of [1, 2, 3, 4]) {
    const values: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await lab.store.points(
        { userId: lab.user.userId, metric: "dietary_energy", fromMs: -1e15, toMs: 1e15 },
        { limit, cursor },
      );
      expect(page.rows.length).toBeLessThanOrEqual(limit);
      values.push(...page.rows.map(({ value }) => value));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(values).toEqual([100, 200, 200, 300]);
  }
  await lab.close();
});
