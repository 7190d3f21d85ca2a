// The wait before the next attempt, as API.md gives it, computed by the database for every type and attempt.

import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Backoff } from "../../src/contract/job.ts";
import { rows } from "../../src/db/database.ts";
import { backoffSeconds } from "../../src/db/queries/transition.ts";
import { describeEngine } from "./describe-engine.ts";
import { acquireInput, enqueue, jobInput, leaseOne, ME, settle } from "./engine-under-test.ts";

const FORMULAS: Record<Backoff["type"], (backoff: Backoff, attempt: number) => number> = {
  exponential: ({ baseSeconds, capSeconds }, attempt) => Math.min(baseSeconds * 2 ** (attempt - 1), capSeconds),
  linear: ({ baseSeconds, capSeconds }, attempt) => Math.min(baseSeconds * attempt, capSeconds),
  fixed: ({ baseSeconds }) => baseSeconds,
};
const TYPES = Object.keys(FORMULAS) as Backoff["type"][];

describeEngine("backoff", ({ db, under }) => {
  async function waits(backoff: Partial<Backoff> | null, attempt: number, draws: number): Promise<number[]> {
    const json = backoff === null ? null : JSON.stringify(backoff);
    // Backoff and attempt differ by row, as they do in the engine's statements: else the wait would be drawn once for all.
    const query = sql`select ${backoffSeconds("j")} as wait
      from (select ${json}::text::jsonb || jsonb_build_object('n', n) as backoff, ${attempt}::integer + 0 * n as attempt from generate_series(1, ${draws}::integer) as n) as j`;
    return (await rows<{ wait: number }>(under().ports.db, query)).map(({ wait }) => wait);
  }

  test.each(TYPES)("%s follows its formula exactly without jitter, for every attempt", async (type) => {
    for (const backoff of [
      { type, baseSeconds: 1, capSeconds: 60, jitter: false },
      { type, baseSeconds: 0.5, capSeconds: 7, jitter: false },
      { type, baseSeconds: 0, capSeconds: 0, jitter: false },
    ]) {
      for (const attempt of [1, 2, 3, 7, 20, 99]) {
        const [wait] = await waits(backoff, attempt, 1);
        expect(wait, `attempt ${attempt}`).toBeCloseTo(FORMULAS[type](backoff, attempt), 9);
      }
    }
  });

  test.each(TYPES)("%s with jitter is spread over [0.5, 1] of its formula", async (type) => {
    const backoff = { type, baseSeconds: 4, capSeconds: 60, jitter: true };
    for (const attempt of [1, 3, 10]) {
      const full = FORMULAS[type](backoff, attempt);
      const drawn = await waits(backoff, attempt, 500);
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(full * 0.5);
      expect(Math.max(...drawn)).toBeLessThanOrEqual(full);
      // 500 draws that miss a fifth of the range at one end are one in 10⁴⁸.
      expect(Math.min(...drawn)).toBeLessThan(full * 0.6);
      expect(Math.max(...drawn)).toBeGreaterThan(full * 0.9);
    }
  });

  test("a job that says nothing waits exponentially from 1 s to 60 s, with jitter", async () => {
    for (const [attempt, full] of [
      [1, 1],
      [4, 8],
      [7, 60],
      [50, 60],
    ] as const) {
      for (const backoff of [null, {}]) {
        const drawn = await waits(backoff, attempt, 50);
        expect(Math.min(...drawn)).toBeGreaterThanOrEqual(full / 2);
        expect(Math.max(...drawn)).toBeLessThanOrEqual(full);
      }
    }
  });

  test("jobs that fail together do not come back together", async () => {
    const { engine } = under();
    const backoff = { type: "fixed", baseSeconds: 60, capSeconds: 60, jitter: true } as const;
    await engine.enqueueBatch(ME, { batch: { jobs: Array.from({ length: 20 }, () => jobInput({ queue: "herd", backoff })) } });
    const { leases } = await engine.acquireLeases(ME, acquireInput({ queues: ["herd"], max: 20 }));
    await engine.settleLeases(ME, { runnerId: "runner-1", items: leases.map(({ leaseToken }) => ({ leaseToken, outcome: "failed" })) });
    const [row] = await db().sql<
      { times: number }[]
    >`select count(distinct run_at)::integer as times from millrace.jobs where queue = 'herd'`;
    expect(row?.times).toBe(20);
  });

  test("a failed attempt's job is scheduled that much later, by the database's clock", async () => {
    const { engine } = under();
    await enqueue(engine, { queue: "waits", backoff: { type: "fixed", baseSeconds: 30, capSeconds: 60, jitter: false } });
    const { leaseToken } = await leaseOne(engine, { queues: ["waits"] });
    await settle(engine, leaseToken, { outcome: "failed" });
    const [row] = await db().sql<
      { wait: number }[]
    >`select extract(epoch from j.run_at - a.finished_at)::double precision as wait from millrace.jobs j join millrace.attempts a on a.job_id = j.id where queue = 'waits'`;
    expect(row?.wait).toBe(30);
  });
});
