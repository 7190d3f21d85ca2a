// Enqueueing: unique keys, idempotency keys, defaults, and what the row then says.
import { expect, test } from "vitest";
import { sweep } from "../../src/core/sweep/sweep.ts";
import { describeEngine } from "./describe-engine.ts";
import { acquireInput, enqueue, jobInput, leaseOne, ME, makeOverdue, problemOf, settle, stateOf } from "./engine-under-test.ts";

describeEngine("enqueue", ({ db, under }) => {
  test("a job that is answered is the job that is stored", async () => {
    const { engine } = under();
    const job = jobInput({
      queue: "stored",
      payload: { to: "a@example.org" },
      tags: ["x"],
      delaySeconds: 60,
      requires: { gpus: 0, vramMib: 0, model: null, labels: { zone: "lab" } },
    });
    const answered = await engine.enqueueJob(ME, { job });
    expect(answered).toMatchObject({ created: true, replayed: false, job: { state: "scheduled", maxAttempts: 3, timeoutSeconds: 3600 } });
    expect(await engine.getJob(ME, { id: answered.job.id })).toEqual(answered.job);
  });

  test("a payload is stored as it came, JSON null included", async () => {
    const { engine } = under();
    for (const payload of [null, {}, [], "text", 0, false, { deep: [{ null: null }] }]) {
      const { job } = await engine.enqueueJob(ME, { job: { ...jobInput({ queue: "payloads" }), payload } });
      expect((await engine.getJob(ME, { id: job.id })).payload).toEqual(payload);
    }
  });

  test("a queue's defaults apply to jobs that do not say", async () => {
    const { engine } = under();
    const backoff = { type: "fixed", baseSeconds: 7, capSeconds: 60, jitter: false } as const;
    await engine.putQueue(ME, { name: "defaults", policy: { defaults: { maxAttempts: 9, timeoutSeconds: 11, backoff } } });
    const { job } = await engine.enqueueJob(ME, { job: jobInput({ queue: "defaults" }) });
    expect(job).toMatchObject({ maxAttempts: 9, timeoutSeconds: 11, backoff });
    const explicit = await engine.enqueueJob(ME, { job: jobInput({ queue: "defaults", maxAttempts: 1 }) });
    expect(explicit.job).toMatchObject({ maxAttempts: 1, timeoutSeconds: 11 });
  });

  test("the same unique key twice in one batch makes one job", async () => {
    const jobs = ["a", "b", "a", "a"].map((uniqueKey) => jobInput({ queue: "batch", uniqueKey }));
    const { items } = await under().engine.enqueueBatch(ME, { batch: { jobs } });
    expect(items.map(({ created }) => created)).toEqual([true, true, false, false]);
    expect(items.map(({ id }) => id)).toEqual([items[0]?.id, items[1]?.id, items[0]?.id, items[0]?.id]);
  });

  test("of 50 concurrent enqueues with one unique key, one creates the job and all name it", async () => {
    const { engine } = under();
    const batches = Array.from({ length: 25 }, () =>
      engine.enqueueBatch(ME, { batch: { jobs: [jobInput({ queue: "race", uniqueKey: "k" })] } }),
    );
    const singles = Array.from({ length: 25 }, () => engine.enqueueJob(ME, { job: jobInput({ queue: "race", uniqueKey: "k" }) }));
    const answers = [
      ...(await Promise.all(batches)).flatMap(({ items }) => items),
      ...(await Promise.all(singles)).map(({ job, created }) => ({ id: job.id, created })),
    ];
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  });

  test("batches that meet each other's unique keys in opposite orders all succeed", async () => {
    const { engine } = under();
    const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
    const batch = (order: string[]) =>
      engine.enqueueBatch(ME, { batch: { jobs: order.map((uniqueKey) => jobInput({ queue: "orders", uniqueKey })) } });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => batch(index % 2 ? keys : keys.toReversed())));
    expect(answers.flatMap(({ items }) => items).filter(({ created }) => created)).toHaveLength(keys.length);
  });

  test("a unique key is free again once its job has ended", async () => {
    const { engine } = under();
    const first = await enqueue(engine, { queue: "free-again", uniqueKey: "k" });
    await engine.cancelJob(ME, { id: first });
    const { job, created } = await engine.enqueueJob(ME, { job: jobInput({ queue: "free-again", uniqueKey: "k" }) });
    expect(created).toBe(true);
    expect(job.id).not.toBe(first);
  });

  test("one unique key may be held in two queues at once", async () => {
    const jobs = ["one", "two"].map((queue) => jobInput({ queue, uniqueKey: "k" }));
    const { items } = await under().engine.enqueueBatch(ME, { batch: { jobs } });
    expect(items.map(({ created }) => created)).toEqual([true, true]);
  });

  test("a repeated idempotency key replays the first answer and enqueues nothing", async () => {
    const { engine, events } = under();
    const job = jobInput({ queue: "idempotent" });
    const first = await engine.enqueueJob(ME, { job, idempotency: { key: "order-1", requestHash: "h" } });
    events.length = 0;
    const again = await engine.enqueueJob(ME, { job, idempotency: { key: "order-1", requestHash: "h" } });
    expect(again).toEqual({ ...first, replayed: true });
    expect(events).toEqual([]);
    const { counts } = await engine.getQueue(ME, { name: "idempotent" });
    expect(counts.queued).toBe(1);
  });

  test("an idempotency key with another request is refused", async () => {
    const { engine } = under();
    const batch = { jobs: [jobInput()] };
    await engine.enqueueBatch(ME, { batch, idempotency: { key: "order-2", requestHash: "h" } });
    expect(await problemOf(engine.enqueueBatch(ME, { batch, idempotency: { key: "order-2", requestHash: "other" } }))).toBe(
      "idempotency_mismatch",
    );
  });

  test("of 20 concurrent requests with one idempotency key, one is carried out", async () => {
    const { engine } = under();
    const batch = { jobs: [jobInput({ queue: "same-key" }), jobInput({ queue: "same-key" })] };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => engine.enqueueBatch(ME, { batch, idempotency: { key: "order-3", requestHash: "h" } })),
    );
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(answers.map(({ items }) => JSON.stringify(items))).size).toBe(1);
  });

  test("an idempotency key is forgotten after a day", async () => {
    const { engine } = under();
    const request = { batch: { jobs: [jobInput()] }, idempotency: { key: "order-4", requestHash: "h" } };
    await engine.enqueueBatch(ME, request);
    await db().sql`update millrace.idempotency_keys set created_at = now() - interval '25 hours' where key = 'order-4'`;
    expect((await engine.enqueueBatch(ME, { ...request, idempotency: { key: "order-4", requestHash: "new" } })).replayed).toBe(false);
  });

  test("jobs are handed out by priority, and within a priority oldest first", async () => {
    const { engine } = under();
    const priorities = [0, 5, -100, 5, 100, 0];
    const { items } = await engine.enqueueBatch(ME, {
      batch: { jobs: priorities.map((priority) => jobInput({ queue: "order", priority })) },
    });
    const late = await enqueue(engine, { queue: "order", priority: 5 });
    const { leases } = await engine.acquireLeases(ME, acquireInput({ queues: ["order"], max: 10 }));
    const order = [4, 1, 3].map((index) => items[index]?.id);
    const rest = [0, 5, 2].map((index) => items[index]?.id);
    expect(leases.map(({ job }) => job.id)).toEqual([...order, late, ...rest]);
  });

  test("taken one by one, jobs come in the order in which they were enqueued", async () => {
    const { engine } = under();
    const { items } = await engine.enqueueBatch(ME, { batch: { jobs: Array.from({ length: 20 }, () => jobInput({ queue: "fifo" })) } });
    const taken: string[] = [];
    for (const _ of items) taken.push((await leaseOne(engine, { queues: ["fifo"] })).job.id);
    expect(taken).toEqual(items.map(({ id }) => id));
  });

  test("a scheduled job is not handed out before its time", async () => {
    const { engine, ports } = under();
    const id = await enqueue(engine, { queue: "later", delaySeconds: 60 });
    await sweep(ports);
    expect((await engine.acquireLeases(ME, acquireInput({ queues: ["later"] }))).leases).toEqual([]);
    await makeOverdue(db(), id, "run_at");
    expect((await sweep(ports)).promoted).toBe(1);
    expect((await leaseOne(engine, { queues: ["later"] })).job.id).toBe(id);
  });

  test("a job that did not start within its time to live fails, and is not handed out meanwhile", async () => {
    const { engine, ports } = under();
    const id = await enqueue(engine, { queue: "ttl", ttlSeconds: 60 });
    await makeOverdue(db(), id, "expires_at");
    expect((await engine.acquireLeases(ME, acquireInput({ queues: ["ttl"] }))).leases).toEqual([]);
    expect((await sweep(ports)).expired).toBe(1);
    expect(await engine.getJob(ME, { id })).toMatchObject({
      state: "failed",
      attempt: 0,
      error: { code: "ttl_expired", retryable: false },
    });
  });

  test("a job that started within its time to live may go on and be tried again", async () => {
    const { engine, ports } = under();
    const id = await enqueue(engine, { queue: "ttl-started", ttlSeconds: 60 });
    const { leaseToken } = await leaseOne(engine, { queues: ["ttl-started"] });
    await makeOverdue(db(), id, "expires_at");
    expect((await sweep(ports)).expired).toBe(0);
    await settle(engine, leaseToken, { outcome: "failed" });
    expect((await sweep(ports)).expired).toBe(0);
    expect(await stateOf(engine, id)).toBe("scheduled");
  });
});
