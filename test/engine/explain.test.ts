// Every reason why a job is not running, and that it goes away with its cause.
import { expect, test } from "vitest";
import { describeEngine } from "./describe-engine.ts";
import { acquireInput, enqueue, leaseOne, ME, settle } from "./engine-under-test.ts";

describeEngine("explain", ({ under }) => {
  const reasons = async (id: string) => (await under().engine.explainJob(ME, { id })).waitingFor.map(({ reason }) => reason);
  const listen = (queue: string, fields: object = {}) =>
    under().engine.acquireLeases(ME, acquireInput({ runnerId: `runner-${queue}`, queues: [queue], max: 1, ...fields }));

  test("a job whose time has not come waits for run_at", async () => {
    await listen("later");
    const id = await enqueue(under().engine, { queue: "later", delaySeconds: 60 });
    expect(await reasons(id)).toEqual(["run_at"]);
    await under().engine.promoteJob(ME, { id });
    expect(await reasons(id)).toEqual([]);
  });

  test("a job of a paused queue waits for the queue", async () => {
    await listen("paused");
    const id = await enqueue(under().engine, { queue: "paused" });
    await under().engine.pauseQueue(ME, { name: "paused", paused: true });
    expect(await reasons(id)).toEqual(["queue_paused"]);
  });

  test("a job of a queue that runs all it may waits for concurrency", async () => {
    const { engine } = under();
    await engine.putQueue(ME, { name: "full", policy: { concurrency: 1 } });
    await enqueue(engine, { queue: "full" });
    const { leaseToken } = await leaseOne(engine, { queues: ["full"] });
    const id = await enqueue(engine, { queue: "full" });
    expect(await reasons(id)).toEqual(["concurrency"]);
    await settle(engine, leaseToken, { outcome: "completed" });
    expect(await reasons(id)).toEqual([]);
  });

  test("a job that no runner serves says which runner is missing", async () => {
    const { engine } = under();
    const id = await enqueue(engine, { queue: "unserved", requires: { gpus: 0, vramMib: 0, model: null, labels: { zone: "lab" } } });
    expect((await engine.explainJob(ME, { id })).waitingFor).toMatchObject([
      { reason: "no_runner", detail: expect.stringContaining("RUNNER_QUEUES=unserved") },
    ]);
    await listen("unserved");
    expect((await engine.explainJob(ME, { id })).waitingFor).toMatchObject([
      { reason: "no_runner", detail: expect.stringContaining("labels zone=lab") },
    ]);
    await listen("unserved", { labels: { zone: "lab" }, kinds: ["other"] });
    expect(await reasons(id)).toEqual(["no_runner"]);
  });

  test("a job behind others counts those that go first: higher priority, or the same and older", async () => {
    const { engine } = under();
    await listen("line");
    await enqueue(engine, { queue: "line", priority: 0 });
    const id = await enqueue(engine, { queue: "line", priority: 0 });
    await enqueue(engine, { queue: "line", priority: 0 });
    await enqueue(engine, { queue: "line", priority: 1 });
    await enqueue(engine, { queue: "line", priority: -1 });
    expect((await engine.explainJob(ME, { id })).waitingFor).toMatchObject([
      { reason: "behind", detail: expect.stringMatching(/^2 ready jobs are ahead/) },
    ]);
  });

  test("a job that runs or has ended waits for nothing", async () => {
    const { engine } = under();
    const id = await enqueue(engine, { queue: "runs" });
    const { leaseToken } = await leaseOne(engine, { queues: ["runs"] });
    expect(await engine.explainJob(ME, { id })).toEqual({ state: "running", waitingFor: [] });
    await settle(engine, leaseToken, { outcome: "completed" });
    expect(await engine.explainJob(ME, { id })).toEqual({ state: "completed", waitingFor: [] });
  });
});
