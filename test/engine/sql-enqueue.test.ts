// millrace.enqueue(jsonb): jobs that users enqueue in their own transactions, and what it refuses.
import { expect, test } from "vitest";
import { sweep } from "../../src/core/sweep/sweep.ts";
import { describeEngine } from "./describe-engine.ts";
import { enqueue, leaseOne, ME, makeOverdue, problemOf, settle } from "./engine-under-test.ts";

describeEngine("millrace.enqueue", ({ db, under }) => {
  const call = async (job: unknown) => {
    const [row] = await db().sql<{ id: string }[]>`select millrace.enqueue(${JSON.stringify(job)}::text::jsonb) as id`;
    return row?.id ?? "";
  };

  test("it enqueues a job like the API does, and answers its id", async () => {
    const { engine } = under();
    const backoff = { type: "linear", baseSeconds: 2, capSeconds: 9, jitter: false };
    const id = await call({
      queue: "sql",
      kind: "command",
      payload: { to: "a" },
      priority: 7,
      maxAttempts: 2,
      delaySeconds: 60,
      backoff,
      timeoutSeconds: 5,
      tags: ["x"],
      requires: { labels: { zone: "lab" } },
    });
    expect(await engine.getJob(ME, { id })).toMatchObject({
      queue: "sql",
      kind: "command",
      state: "scheduled",
      payload: { to: "a" },
      priority: 7,
      maxAttempts: 2,
      backoff,
      timeoutSeconds: 5,
      tags: ["x"],
      requires: { labels: { zone: "lab" } },
    });
  });

  test("the job exists if the user's transaction commits, and never did if it rolls back", async () => {
    const { engine } = under();
    let [kept, gone] = ["", ""];
    await db().sql.begin(async (sql) => {
      [kept] = (await sql<{ id: string }[]>`select millrace.enqueue('{"kind": "command"}') as id`).map(({ id }) => id) as [string];
    });
    const rolledBack = db().sql.begin(async (sql) => {
      [gone] = (await sql<{ id: string }[]>`select millrace.enqueue('{"kind": "command"}') as id`).map(({ id }) => id) as [string];
      throw new Error("the user changed their mind");
    });
    await expect(rolledBack).rejects.toThrow("changed their mind");
    expect(await engine.getJob(ME, { id: kept })).toMatchObject({ state: "queued", queue: "default" });
    expect(await problemOf(engine.getJob(ME, { id: gone }))).toBe("not_found");
  });

  test("a unique key that is taken answers the job that holds it", async () => {
    const first = await call({ kind: "command", uniqueKey: "k" });
    expect(await call({ kind: "command", uniqueKey: "k" })).toBe(first);
  });

  test.each<[string, unknown, RegExp]>([
    ["what is no object", [], /expected a JSON object, got array/],
    ["null", null, /expected a JSON object/],
    ["an unknown field", { kind: "command", prioritty: 1 }, /unknown field "prioritty"/],
    ["no kind", { queue: "sql" }, /queue and kind are names/],
    ["a queue that is no name", { queue: "No Name", kind: "command" }, /queue and kind are names/],
    ["runAt and delaySeconds together", { kind: "command", runAt: "2026-01-01T00:00:00Z", delaySeconds: 1 }, /not both/],
    ["what is not built", { kind: "command", requires: { gpus: 1 } }, /only requires.labels is built yet/],
    ["a payload that is too large", { kind: "command", payload: "x".repeat(262_145) }, /larger than 256 KiB/],
    ["a priority out of range", { kind: "command", priority: 101 }, /priority/],
    ["no attempts", { kind: "command", maxAttempts: 0 }, /max_attempts/],
    ["a time limit that never ends", { kind: "command", timeoutSeconds: 1e300 }, /timeout/],
    ["a time that is never", { kind: "command", runAt: "infinity" }, /run_at/],
    ["a backoff of an unknown type", { kind: "command", backoff: { type: "random" } }, /backoff/],
    ["a backoff that is no number", { kind: "command", backoff: { baseSeconds: "soon" } }, /backoff/],
    ["a backoff beyond all bounds", { kind: "command", backoff: { capSeconds: 1e18 } }, /backoff/],
    ["a unique key of no characters", { kind: "command", uniqueKey: "" }, /unique_key/],
  ])("%s is refused with words", async (_, job, words) => {
    await expect(call(job)).rejects.toThrow(words);
  });

  test("an unknown workspace is refused", async () => {
    await expect(db().sql`select millrace.enqueue('{"kind": "command"}', 'nowhere')`).rejects.toThrow(/no workspace "nowhere"/);
  });

  test("no job enqueued through SQL can keep others from being settled or rescued", async () => {
    const { engine, ports } = under();
    const odd = await call({
      queue: "odd",
      kind: "command",
      backoff: { type: "fixed", baseSeconds: 86_400 },
      timeoutSeconds: 604_800,
      payload: null,
    });
    const plain = await enqueue(engine, { queue: "odd" });
    await leaseOne(engine, { queues: ["odd"] });
    const { leaseToken } = await leaseOne(engine, { queues: ["odd"] });
    await makeOverdue(db(), odd, "lease_expires_at");
    expect((await sweep(ports)).rescued).toBe(1);
    expect(await settle(engine, leaseToken, { outcome: "completed" })).toMatchObject({ status: "ok" });
    expect((await engine.getJob(ME, { id: plain })).state).toBe("completed");
  });
});
