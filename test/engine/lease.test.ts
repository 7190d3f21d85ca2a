// Leasing: who is given what, how many at once, and what happens to leases that nobody keeps alive.
import { expect, test } from "vitest";
import { sweep } from "../../src/core/sweep/sweep.ts";
import { describeEngine } from "./describe-engine.ts";
import { acquireInput, enqueue, jobInput, leaseOne, ME, makeOverdue, settle, stateOf } from "./engine-under-test.ts";

const requires = (labels: Record<string, string>) => ({ gpus: 0, vramMib: 0, model: null, labels });

describeEngine("lease", ({ db, under }) => {
  test("a job that requires labels goes only to a runner that has them all", async () => {
    const { engine } = under();
    const id = await enqueue(engine, { queue: "labels", requires: requires({ zone: "lab", disk: "ssd" }) });
    for (const labels of [undefined, {}, { zone: "lab" }, { zone: "lab", disk: "hdd" }]) {
      expect((await engine.acquireLeases(ME, acquireInput({ queues: ["labels"], labels }))).leases).toEqual([]);
    }
    const lease = await leaseOne(engine, { queues: ["labels"], labels: { zone: "lab", disk: "ssd", more: "is fine" } });
    expect(lease.job.id).toBe(id);
  });

  test("a runner that names kinds is given those only", async () => {
    const { engine } = under();
    await enqueue(engine, { queue: "kinds", kind: "spin" });
    const id = await enqueue(engine, { queue: "kinds", kind: "chew" });
    const { leases } = await engine.acquireLeases(ME, acquireInput({ queues: ["kinds"], kinds: ["chew"], max: 10 }));
    expect(leases.map(({ job }) => job.id)).toEqual([id]);
  });

  test("however many acquire at once, a queue never runs more than its concurrency", async () => {
    const { engine } = under();
    const [queue, limit] = ["narrow", 5];
    await engine.putQueue(ME, { name: queue, policy: { concurrency: limit } });
    await engine.enqueueBatch(ME, { batch: { jobs: Array.from({ length: 60 }, () => jobInput({ queue })) } });
    let finished = 0;
    for (let round = 0; finished < 60 && round < 50; round += 1) {
      const acquires = Array.from({ length: 20 }, (_, n) =>
        engine.acquireLeases(ME, acquireInput({ runnerId: `runner-${n}`, queues: [queue], max: 3 })),
      );
      const leases = (await Promise.all(acquires)).flatMap((answer) => answer.leases);
      const { counts } = await engine.getQueue(ME, { name: queue });
      expect(counts.running).toBeLessThanOrEqual(limit);
      expect(leases).toHaveLength(counts.running);
      for (const { leaseToken } of leases) await settle(engine, leaseToken, { outcome: "completed" });
      finished += leases.length;
    }
    expect(finished).toBe(60);
  });

  test("of 20 that acquire at once, each job goes to one", async () => {
    const { engine } = under();
    const { items } = await engine.enqueueBatch(ME, { batch: { jobs: Array.from({ length: 100 }, () => jobInput({ queue: "shared" })) } });
    const acquires = Array.from({ length: 20 }, (_, n) =>
      engine.acquireLeases(ME, acquireInput({ runnerId: `runner-${n}`, queues: ["shared"], max: 10 })),
    );
    const leased = (await Promise.all(acquires)).flatMap(({ leases }) => leases.map(({ job }) => job.id));
    expect(new Set(leased).size).toBe(leased.length);
    const rest = await engine.acquireLeases(ME, acquireInput({ queues: ["shared"], max: 100 }));
    expect([...leased, ...rest.leases.map(({ job }) => job.id)].sort()).toEqual(items.map(({ id }) => id).sort());
  });

  test("a paused queue hands out nothing until it is resumed; what runs goes on", async () => {
    const { engine } = under();
    await enqueue(engine, { queue: "paused" });
    const running = await leaseOne(engine, { queues: ["paused"] });
    const id = await enqueue(engine, { queue: "paused" });
    await engine.pauseQueue(ME, { name: "paused", paused: true });
    expect((await engine.acquireLeases(ME, acquireInput({ queues: ["paused"] }))).leases).toEqual([]);
    expect(await settle(engine, running.leaseToken, { outcome: "completed" })).toMatchObject({ status: "ok" });
    await engine.pauseQueue(ME, { name: "paused", paused: false });
    expect((await leaseOne(engine, { queues: ["paused"] })).job.id).toBe(id);
  });

  test("a runner that drains is given nothing more and told so", async () => {
    const { engine } = under();
    await enqueue(engine, { queue: "drain" });
    await engine.acquireLeases(ME, acquireInput({ runnerId: "tired", queues: ["nothing"] }));
    await engine.drainRunner(ME, { id: "tired" });
    expect(await engine.acquireLeases(ME, acquireInput({ runnerId: "tired", queues: ["drain"] }))).toEqual({ leases: [], drain: true });
    expect((await engine.acquireLeases(ME, acquireInput({ runnerId: "fresh", queues: ["drain"] }))).leases).toHaveLength(1);
  });

  test("a waiting acquire is answered as soon as a job comes", async () => {
    const { engine } = under();
    await engine.acquireLeases(ME, acquireInput({ queues: ["waited-for"] }));
    const waiting = engine.acquireLeases(ME, acquireInput({ queues: ["waited-for"], waitSeconds: 20 }));
    const id = await enqueue(engine, { queue: "waited-for" });
    expect((await waiting).leases.map(({ job }) => job.id)).toEqual([id]);
  });

  test("a heartbeat extends the lease, and keeps progress and log lines once", async () => {
    const { engine } = under();
    const id = await enqueue(engine, { queue: "beats" });
    const { leaseToken, expiresAt } = await leaseOne(engine, { queues: ["beats"], leaseSeconds: 60 });
    const logs = [1, 2].map((seq) => ({ seq, at: "2026-01-01T00:00:00Z", stream: "stdout" as const, line: `line ${seq}` }));
    for (let sent = 0; sent < 2; sent += 1) {
      const beat = await engine.heartbeatLeases(ME, {
        runnerId: "runner-1",
        leases: [{ leaseToken, progress: { fraction: 0.5, message: "half" }, logs }],
      });
      expect(beat).toMatchObject({ extended: [leaseToken], cancelled: [], lost: [], nextHeartbeatSeconds: 20 });
    }
    const job = await engine.getJob(ME, { id });
    expect(job.progress).toEqual({ fraction: 0.5, message: "half" });
    expect(Date.parse(job.leaseExpiresAt ?? "")).toBeGreaterThan(Date.parse(expiresAt));
    expect((await engine.listLogs(ME, { id, after: 0, limit: 10 })).items.map(({ line }) => line)).toEqual(["line 1", "line 2"]);
  });

  test("a heartbeat with a stale token changes nothing", async () => {
    const { engine, ports } = under();
    const id = await enqueue(engine, { queue: "stale", backoff: { type: "fixed", baseSeconds: 0, capSeconds: 0, jitter: false } });
    const stale = await leaseOne(engine, { queues: ["stale"] });
    await makeOverdue(db(), id, "lease_expires_at");
    await sweep(ports);
    await sweep(ports);
    await leaseOne(engine, { queues: ["stale"] });
    const before = await engine.getJob(ME, { id });
    const logs = [{ seq: 1, at: "2026-01-01T00:00:00Z", stream: "stdout" as const, line: "late" }];
    const beat = await engine.heartbeatLeases(ME, {
      runnerId: "runner-1",
      leases: [{ leaseToken: stale.leaseToken, progress: { fraction: 0.9 }, logs }],
    });
    expect(beat).toMatchObject({ extended: [], lost: [stale.leaseToken] });
    expect(await engine.getJob(ME, { id })).toEqual(before);
    expect((await engine.listLogs(ME, { id, after: 0, limit: 10 })).items).toEqual([]);
  });

  test("an attempt that runs past its time limit is taken away by the server, however it heartbeats", async () => {
    const { engine, ports } = under();
    const id = await enqueue(engine, { queue: "timeout", timeoutSeconds: 10, maxAttempts: 1 });
    const { leaseToken } = await leaseOne(engine, { queues: ["timeout"], leaseSeconds: 600 });
    await db().sql`update millrace.jobs set deadline_at = now() - interval '3 seconds' where queue = 'timeout'`;
    await engine.heartbeatLeases(ME, { runnerId: "runner-1", leases: [{ leaseToken }] });
    expect((await sweep(ports)).rescued).toBe(1);
    expect(await engine.getJob(ME, { id })).toMatchObject({ state: "failed", error: { code: "timeout", retryable: true } });
    expect((await engine.listAttempts(ME, { id })).items.map(({ outcome }) => outcome)).toEqual(["timeout"]);
  });

  test("a lease never lasts much longer than the attempt may", async () => {
    const { engine } = under();
    await enqueue(engine, { queue: "short", timeoutSeconds: 10 });
    const { job, expiresAt } = await leaseOne(engine, { queues: ["short"], leaseSeconds: 600 });
    expect(Date.parse(expiresAt) - Date.parse(job.startedAt ?? "")).toBeLessThanOrEqual(12_001);
  });

  test("a poison job whose runner dies each time fails after maxAttempts", async () => {
    const { engine, ports } = under();
    const id = await enqueue(engine, {
      queue: "poison",
      maxAttempts: 3,
      backoff: { type: "fixed", baseSeconds: 0, capSeconds: 0, jitter: false },
    });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect((await leaseOne(engine, { queues: ["poison"] })).job.attempt).toBe(attempt);
      await makeOverdue(db(), id, "lease_expires_at");
      await sweep(ports);
      await sweep(ports);
    }
    expect(await stateOf(engine, id)).toBe("failed");
    expect((await engine.listAttempts(ME, { id })).items.map(({ outcome }) => outcome)).toEqual(["lost", "lost", "lost"]);
  });

  test("racing sweeps rescue each lease once", async () => {
    const { engine, ports, events } = under();
    await engine.enqueueBatch(ME, { batch: { jobs: Array.from({ length: 50 }, () => jobInput({ queue: "swept" })) } });
    await engine.acquireLeases(ME, acquireInput({ queues: ["swept"], max: 50 }));
    await db().sql`update millrace.jobs set lease_expires_at = now() - interval '1 second' where queue = 'swept'`;
    events.length = 0;
    const reports = await Promise.all(Array.from({ length: 8 }, () => sweep(ports)));
    expect(reports.reduce((sum, { rescued }) => sum + rescued, 0)).toBe(50);
    expect(events.filter(({ type }) => type === "job.retrying")).toHaveLength(50);
  });
});
