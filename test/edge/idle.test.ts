// What an idle deployment on the edge costs: statements and commands are counted while the clock of the cron trigger runs.
import { expect, test } from "vitest";
import { describeEdge } from "./support/edge-api.ts";

const MINUTE = 60_000;

describeEdge("An idle deployment on the edge", 4, (edge) => {
  /** Ticks once a minute; how many statements that took. */
  async function letPass(from: number, minutes: number): Promise<number> {
    const { neon } = edge();
    const before = neon.statements.length;
    for (let minute = 1; minute <= minutes; minute += 1) await edge().tick(new Date(from + minute * MINUTE));
    return neon.statements.length - before;
  }

  test("makes at most one statement an hour, and one Redis command a minute", async () => {
    const id = await edge().enqueueCall("/ok");
    await edge().finished(id);
    // The last hints of that job, and the housekeeping after it.
    const start = Date.now() + 5 * MINUTE;
    await edge().tick(new Date(start));

    edge().upstash.commands.length = 0;
    expect(await letPass(start, 60)).toBeLessThanOrEqual(1);
    expect(edge().upstash.commands.length).toBeLessThanOrEqual(61);
    expect(await letPass(start + 60 * MINUTE, 60)).toBeLessThanOrEqual(1);
  });

  test("looks once after an hour although nothing was hinted, so that a lost hint costs an hour at most", async () => {
    await edge().upstash.redis.del("millrace:due");
    expect(await letPass(Date.now() + 300 * MINUTE, 120)).toBeGreaterThanOrEqual(2);
  });

  test("sleeps over a job that is far away, and wakes for it", async () => {
    const start = Date.now() + 600 * MINUTE;
    await letPass(start, 1);
    await edge().send("POST", "/api/v1/jobs", { queue: "later", kind: "command", delaySeconds: 605 * 60 });
    expect(await letPass(start + MINUTE, 3)).toBe(0);
    expect(await letPass(start + 4 * MINUTE, 2)).toBeGreaterThanOrEqual(1);
  });
});
