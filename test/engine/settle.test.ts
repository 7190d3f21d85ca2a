// Settling: on time, twice, too late, and what each outcome does to the job.
import { expect, test } from "vitest";
import { toId } from "../../src/contract/ids.ts";
import { sweep } from "../../src/core/sweep/sweep.ts";
import { describeEngine } from "./describe-engine.ts";
import { acquireInput, enqueue, leaseOne, ME, makeOverdue, problemOf, settle } from "./engine-under-test.ts";

describeEngine("settle", ({ db, under }) => {
  test("a completed job keeps its result and usage, and says so once", async () => {
    const { engine, events } = under();
    const id = await enqueue(engine, { queue: "done" });
    const { leaseToken } = await leaseOne(engine, { queues: ["done"] });
    events.length = 0;
    const { items } = await engine.settleLeases(ME, {
      runnerId: "runner-1",
      items: [{ leaseToken, outcome: "completed", result: { text: "hi" }, usage: { cpuSeconds: 2 } }],
    });
    expect(items).toEqual([{ leaseToken, status: "ok", state: "completed" }]);
    expect(await engine.getJob(ME, { id })).toMatchObject({
      state: "completed",
      result: { text: "hi" },
      usage: { cpuSeconds: 2 },
      progress: { fraction: 1 },
      error: null,
    });
    expect(events.map(({ type }) => type)).toEqual(["job.completed"]);
  });

  test("settling again with the same outcome is ok again, with another one it is lease_lost", async () => {
    const { engine } = under();
    for (const [outcome, other] of [
      ["completed", "failed"],
      ["failed", "released"],
      ["released", "completed"],
    ] as const) {
      const queue = `twice-${outcome}`;
      await enqueue(engine, { queue });
      const { leaseToken } = await leaseOne(engine, { queues: [queue] });
      const first = await settle(engine, leaseToken, { outcome, result: 1 });
      expect(await settle(engine, leaseToken, { outcome, result: 2 })).toEqual(first);
      expect((await settle(engine, leaseToken, { outcome: other })).status).toBe("lease_lost");
    }
  });

  test("two words about one lease in the same request: the first counts", async () => {
    const { engine } = under();
    const id = await enqueue(engine, { queue: "two-words" });
    const { leaseToken } = await leaseOne(engine, { queues: ["two-words"] });
    const items = [
      { leaseToken, outcome: "completed" as const, result: 1 },
      { leaseToken, outcome: "failed" as const },
    ];
    const answer = await engine.settleLeases(ME, { runnerId: "runner-1", items });
    expect(answer.items.map(({ status }) => status)).toEqual(["ok", "lease_lost"]);
    expect(await engine.getJob(ME, { id })).toMatchObject({ state: "completed", result: 1 });
  });

  test("after a rescue the old token settles nothing, and the next attempt does", async () => {
    const { engine, ports } = under();
    const id = await enqueue(engine, { queue: "rescued", backoff: { type: "fixed", baseSeconds: 0, capSeconds: 0, jitter: false } });
    const late = await leaseOne(engine, { queues: ["rescued"] });
    await makeOverdue(db(), id, "lease_expires_at");
    await sweep(ports);
    expect(await engine.getJob(ME, { id })).toMatchObject({ state: "scheduled", error: { code: "lease_expired", retryable: true } });
    expect(await settle(engine, late.leaseToken, { outcome: "completed", result: "late" })).toMatchObject({ status: "lease_lost" });
    await sweep(ports);
    const next = await leaseOne(engine, { queues: ["rescued"] });
    expect(next.job.attempt).toBe(2);
    expect(await settle(engine, late.leaseToken, { outcome: "completed", result: "late" })).toEqual({
      status: "lease_lost",
      state: "running",
    });
    expect(await settle(engine, next.leaseToken, { outcome: "completed", result: "right" })).toEqual({ status: "ok", state: "completed" });
    expect((await engine.getJob(ME, { id })).result).toBe("right");
    const { items } = await engine.listAttempts(ME, { id });
    expect(items.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, "lost"],
      [2, "completed"],
    ]);
  });

  test("released gives the attempt back, and the job is ready at once", async () => {
    const { engine } = under();
    const id = await enqueue(engine, { queue: "released", maxAttempts: 1 });
    for (let round = 0; round < 3; round += 1) {
      const { job, leaseToken } = await leaseOne(engine, { queues: ["released"] });
      expect(job.attempt).toBe(1);
      expect(await settle(engine, leaseToken, { outcome: "released" })).toEqual({ status: "ok", state: "queued" });
    }
    expect(await engine.getJob(ME, { id })).toMatchObject({ state: "queued", attempt: 0, error: null });
    expect((await engine.listAttempts(ME, { id })).items.map(({ outcome }) => outcome)).toEqual(["released", "released", "released"]);
  });

  test("a failure that may be retried waits for its next attempt; the last one is final", async () => {
    const { engine, ports } = under();
    const id = await enqueue(engine, {
      queue: "failing",
      maxAttempts: 2,
      backoff: { type: "fixed", baseSeconds: 0, capSeconds: 0, jitter: false },
    });
    const first = await leaseOne(engine, { queues: ["failing"] });
    expect(await settle(engine, first.leaseToken, { outcome: "failed" })).toEqual({ status: "ok", state: "scheduled" });
    await sweep(ports);
    const second = await leaseOne(engine, { queues: ["failing"] });
    expect(await settle(engine, second.leaseToken, { outcome: "failed" })).toEqual({ status: "ok", state: "failed" });
    expect(await engine.getJob(ME, { id })).toMatchObject({ state: "failed", attempt: 2, error: { code: "oops" } });
  });

  test("a failure that is not retryable is final at once", async () => {
    const { engine } = under();
    const id = await enqueue(engine, { queue: "final" });
    const { leaseToken } = await leaseOne(engine, { queues: ["final"] });
    expect(await settle(engine, leaseToken, { outcome: "failed", retryable: false })).toEqual({ status: "ok", state: "failed" });
    expect((await engine.getJob(ME, { id })).attempt).toBe(1);
  });

  test("a token that was never ours is lease_lost, without a state", async () => {
    const { engine } = under();
    for (const token of ["lease_nonsense", `lease_${"0".repeat(52)}`]) {
      expect(await settle(engine, token, { outcome: "completed" })).toEqual({ status: "lease_lost", state: null });
    }
  });

  test("a settle may acquire the next jobs in the same call", async () => {
    const { engine } = under();
    await enqueue(engine, { queue: "fused" });
    const next = await enqueue(engine, { queue: "fused" });
    const { leaseToken } = await leaseOne(engine, { queues: ["fused"] });
    const answer = await engine.settleLeases(ME, {
      runnerId: "runner-1",
      items: [{ leaseToken, outcome: "completed" }],
      acquire: acquireInput({ queues: ["fused"] }),
    });
    expect(answer.leases?.map(({ job }) => job.id)).toEqual([next]);
  });

  test("artifacts are kept with the job; of two with one name the later counts", async () => {
    const { engine } = under();
    const upload = async (name: string) =>
      (
        await engine.recordUpload(ME, {
          name,
          contentType: "text/plain",
          sizeBytes: 1,
          sha256: "0".repeat(64),
          blobKey: `1/${name}-${crypto.randomUUID()}`,
        })
      ).id;
    const [first, second] = [await upload("a"), await upload("b")];
    const id = await enqueue(engine, { queue: "artifacts" });
    const { leaseToken } = await leaseOne(engine, { queues: ["artifacts"] });
    const artifacts = [
      { name: "model", uploadId: first },
      { name: "model", uploadId: second },
      { name: "log", uploadId: first },
    ];
    await engine.settleLeases(ME, { runnerId: "runner-1", items: [{ leaseToken, outcome: "completed", artifacts }] });
    const { items } = await engine.listArtifacts(ME, { id });
    expect(items.map(({ name, uploadId }) => [name, uploadId])).toEqual([
      ["log", first],
      ["model", second],
    ]);
  });

  test("an artifact that was never uploaded refuses the whole call, and nothing is settled", async () => {
    const { engine } = under();
    const id = await enqueue(engine, { queue: "no-upload" });
    const { leaseToken } = await leaseOne(engine, { queues: ["no-upload"] });
    const artifacts = [{ name: "model", uploadId: toId("upl", crypto.randomUUID()) }];
    expect(
      await problemOf(engine.settleLeases(ME, { runnerId: "runner-1", items: [{ leaseToken, outcome: "completed", artifacts }] })),
    ).toBe("invalid");
    expect((await engine.getJob(ME, { id })).state).toBe("running");
  });
});
