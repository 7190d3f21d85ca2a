// Cancelling and retrying by hand, in every state.
import { expect, test } from "vitest";
import { JOB_STATES, type JobState } from "../../src/contract/job.ts";
import { isTerminal, TRANSITIONS } from "../../src/core/states.ts";
import { sweep } from "../../src/core/sweep/sweep.ts";
import { describeEngine } from "./describe-engine.ts";
import { type EngineUnderTest, enqueue, leaseOne, ME, makeOverdue, problemOf, settle, stateOf } from "./engine-under-test.ts";

/** A new job in that state; `blocked` needs flows, which are not built. */
async function jobIn(state: JobState, { engine }: EngineUnderTest): Promise<{ id: string; leaseToken: string }> {
  const queue = `${state}-${crypto.randomUUID().slice(0, 8)}`;
  const id = await enqueue(engine, { queue, ...(state === "scheduled" ? { delaySeconds: 60 } : {}) });
  if (state === "scheduled" || state === "queued") return { id, leaseToken: "" };
  if (state === "cancelled") await engine.cancelJob(ME, { id });
  else {
    const { leaseToken } = await leaseOne(engine, { queues: [queue] });
    if (state !== "running")
      await settle(engine, leaseToken, { outcome: state === "completed" ? "completed" : "failed", retryable: false });
    return { id, leaseToken };
  }
  return { id, leaseToken: "" };
}

const STATES = JOB_STATES.filter((state) => state !== "blocked");

describeEngine("cancel, retry and promote", ({ db, under }) => {
  test.each(STATES)("a job that is %s is made so that these tests can use it", async (state) => {
    const { id } = await jobIn(state, under());
    expect(await stateOf(under().engine, id)).toBe(state);
  });

  test.each(STATES.filter((state) => !isTerminal(state) && state !== "running"))("a job that is %s is cancelled at once", async (state) => {
    const { engine, events } = under();
    const { id } = await jobIn(state, under());
    events.length = 0;
    expect(await engine.cancelJob(ME, { id })).toMatchObject({ state: "cancelled" });
    expect(events.map(({ type }) => type)).toEqual(["job.cancelled"]);
  });

  test.each(STATES.filter(isTerminal))("a job that is %s cannot be cancelled", async (state) => {
    const { id } = await jobIn(state, under());
    expect(await problemOf(under().engine.cancelJob(ME, { id }))).toBe("conflict");
    expect(await stateOf(under().engine, id)).toBe(state);
  });

  test("a running job's runner is told at its next heartbeat, and whatever it settles the job is cancelled", async () => {
    const { engine } = under();
    for (const outcome of ["completed", "failed", "released"] as const) {
      const { id, leaseToken } = await jobIn("running", under());
      const answer = await engine.cancelJob(ME, { id });
      expect(answer).toMatchObject({ state: "running", cancelRequestedAt: expect.any(String) });
      const beat = await engine.heartbeatLeases(ME, { runnerId: "runner-1", leases: [{ leaseToken }] });
      expect(beat).toMatchObject({ cancelled: [leaseToken], extended: [], lost: [] });
      expect(await settle(engine, leaseToken, { outcome, result: "done anyway" })).toEqual({ status: "cancelled", state: "cancelled" });
      expect(await settle(engine, leaseToken, { outcome, result: "done anyway" })).toEqual({ status: "cancelled", state: "cancelled" });
      expect((await engine.getJob(ME, { id })).result).toBeNull();
    }
  });

  test("a running job that was cancelled and whose runner died is cancelled by the sweep", async () => {
    const { engine, ports } = under();
    const { id, leaseToken } = await jobIn("running", under());
    await engine.cancelJob(ME, { id });
    await makeOverdue(db(), id, "lease_expires_at");
    await sweep(ports);
    expect(await stateOf(engine, id)).toBe("cancelled");
    expect(await settle(engine, leaseToken, { outcome: "completed" })).toEqual({ status: "cancelled", state: "cancelled" });
  });

  test("cancelling a running job twice keeps the first time", async () => {
    const { engine } = under();
    const { id } = await jobIn("running", under());
    const first = await engine.cancelJob(ME, { id });
    expect(await engine.cancelJob(ME, { id })).toEqual(first);
  });

  test("cancels and acquires that race leave no job in between", async () => {
    const { engine } = under();
    for (let round = 0; round < 20; round += 1) {
      const queue = `race-${round}`;
      const id = await enqueue(engine, { queue, delaySeconds: 60 });
      const calls = [
        engine.promoteJob(ME, { id }),
        leaseOne(engine, { queues: [queue] }),
        leaseOne(engine, { queues: [queue] }),
        engine.cancelJob(ME, { id }),
      ];
      const [, , , cancelled] = await Promise.allSettled(calls);
      expect(cancelled).toMatchObject({ status: "fulfilled" });
      const job = await engine.getJob(ME, { id });
      expect(job.state === "cancelled" || (job.state === "running" && job.cancelRequestedAt !== null), `${job.state}`).toBe(true);
    }
  });

  test.each(STATES)("a job that is %s is retried by hand only where the table of transitions says so", async (state) => {
    const { engine } = under();
    const { id } = await jobIn(state, under());
    if (isTerminal(state) && "queued" in TRANSITIONS[state]) {
      expect(await engine.retryJob(ME, { id })).toMatchObject({ state: "queued", attempt: 0, error: null, finishedAt: null });
    } else {
      expect(await problemOf(engine.retryJob(ME, { id }))).toBe("conflict");
      expect(await stateOf(engine, id)).toBe(state);
    }
  });

  test("a retry by hand keeps the attempts and logs of before, and numbers the new attempts from 1", async () => {
    const { engine } = under();
    const queue = "keeps";
    const id = await enqueue(engine, { queue, maxAttempts: 1 });
    for (let round = 0; round < 2; round += 1) {
      const { leaseToken } = await leaseOne(engine, { queues: [queue] });
      const logs = [{ seq: 1, at: "2026-01-01T00:00:00Z", stream: "stdout" as const, line: `round ${round}` }];
      await engine.heartbeatLeases(ME, { runnerId: "runner-1", leases: [{ leaseToken, logs }] });
      await settle(engine, leaseToken, { outcome: "failed" });
      await engine.retryJob(ME, { id });
    }
    const { leaseToken } = await leaseOne(engine, { queues: [queue] });
    await settle(engine, leaseToken, { outcome: "completed" });
    const { items } = await engine.listAttempts(ME, { id });
    expect(items.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, "failed"],
      [1, "failed"],
      [1, "completed"],
    ]);
    const lines = (await engine.listLogs(ME, { id, after: 0, limit: 10 })).items.map(({ line }) => line);
    expect(lines).toEqual(["round 0", "round 1"]);
  });

  test("a retry by hand is refused while another unfinished job holds the unique key", async () => {
    const { engine } = under();
    const id = await enqueue(engine, { queue: "key", uniqueKey: "k" });
    await engine.cancelJob(ME, { id });
    await enqueue(engine, { queue: "key", uniqueKey: "k" });
    expect(await problemOf(engine.retryJob(ME, { id }))).toBe("conflict");
    expect(await stateOf(engine, id)).toBe("cancelled");
  });

  test.each(STATES)("a job that is %s is promoted only if it is scheduled", async (state) => {
    const { engine } = under();
    const { id } = await jobIn(state, under());
    if (state === "scheduled") expect(await engine.promoteJob(ME, { id })).toMatchObject({ state: "queued" });
    else expect(await problemOf(engine.promoteJob(ME, { id }))).toBe("conflict");
  });
});
