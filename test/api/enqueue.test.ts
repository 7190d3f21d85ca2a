// POST /jobs and /jobs/batch: what is stored, what is answered, unique keys, waiting for the end, and batches.
import { describe, expect, test } from "vitest";
import { expectProblem, newQueue, testApi } from "./support/test-api.ts";

const api = testApi();

const enqueue = (job: object) => api().ask("POST", "/api/v1/jobs", { json: job });

async function finish(queue: string, outcome: object = { outcome: "completed", result: { ok: true } }): Promise<void> {
  const { leases } = await api().post("/api/v1/leases", { runnerId: "r", queues: [queue], waitSeconds: 10 });
  const items = leases.map(({ leaseToken }: { leaseToken: string }) => ({ leaseToken, ...outcome }));
  await api().post("/api/v1/leases/settle", { runnerId: "r", items });
}

test("an enqueued job is answered with 201, its path, and every field that reading it shows", async () => {
  const job = {
    queue: newQueue(),
    kind: "resize",
    payload: { path: "a.png", sizes: [1, 2.5, null, true, "ü🦀"] },
    priority: -100,
    delaySeconds: 3600,
    maxAttempts: 100,
    backoff: { type: "linear", baseSeconds: 2, capSeconds: 9, jitter: false },
    timeoutSeconds: 60,
    ttlSeconds: 7200,
    uniqueKey: "a.png",
    tags: ["one", "two"],
    requires: { labels: { zone: "lab" } },
  };
  const answer = await enqueue(job);
  expect(answer.status).toBe(201);
  const { delaySeconds, requires, ...same } = job;
  expect(answer.body).toMatchObject({ ...same, state: "scheduled", attempt: 0, result: null, error: null, finishedAt: null });
  expect(answer.body.requires).toEqual({ gpus: 0, vramMib: 0, model: null, ...requires });
  expect(Date.parse(answer.body.runAt) - Date.parse(answer.body.createdAt)).toBe(delaySeconds * 1000);
  expect(answer.headers.get("location")).toBe(`/api/v1/jobs/${answer.body.id}`);
  expect(await api().get(answer.headers.get("location") as string)).toEqual(answer.body);
});

test("a job needs nothing but its kind", async () => {
  const { status, body } = await enqueue({ kind: "noop" });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    queue: "default",
    payload: {},
    priority: 0,
    maxAttempts: 3,
    state: "queued",
    timeoutSeconds: 3600,
    tags: [],
  });
  expect(body.backoff).toEqual({ type: "exponential", baseSeconds: 1, capSeconds: 60, jitter: true });
});

test("a unique key that an unfinished job holds answers 200 and that job, until it is over", async () => {
  const job = { queue: newQueue(), kind: "noop", uniqueKey: "invoice-42" };
  const first = await enqueue(job);
  const again = await enqueue({ ...job, payload: { other: true } });
  expect([first.status, again.status]).toEqual([201, 200]);
  expect(again.body).toEqual(first.body);
  await finish(job.queue);
  const next = await enqueue(job);
  expect(next.status).toBe(201);
  expect(next.body.id).not.toBe(first.body.id);
});

test("of many enqueues with one unique key at the same time, one makes the job", async () => {
  const job = { queue: newQueue(), kind: "noop", uniqueKey: "once" };
  const answers = await Promise.all(Array.from({ length: 30 }, () => enqueue(job)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
});

describe("Prefer: wait", () => {
  const wait = (job: object, seconds: number) =>
    api().ask("POST", "/api/v1/jobs", { json: job, headers: { prefer: `respond-async, wait=${seconds}` } });

  test("answers 200 with the finished job when it ends in time", async () => {
    const queue = newQueue();
    const [answer] = await Promise.all([wait({ queue, kind: "noop" }, 20), finish(queue)]);
    expect(answer).toMatchObject({ status: 200, body: { state: "completed", result: { ok: true } } });
    expect(answer.headers.get("preference-applied")).toBe("wait=20");
  });

  test("answers 200 for a job that failed, too: it is over", async () => {
    const queue = newQueue();
    const failure = { outcome: "failed", error: { code: "bad_input", message: "no such file", retryable: false } };
    const [answer] = await Promise.all([wait({ queue, kind: "noop" }, 20), finish(queue, failure)]);
    expect(answer).toMatchObject({ status: 200, body: { state: "failed", error: failure.error } });
  });

  test("answers 202 with the job as it is when the time is over", async () => {
    const answer = await wait({ queue: newQueue(), kind: "noop" }, 1);
    expect(answer).toMatchObject({ status: 202, body: { state: "queued" } });
  });

  test("works for a key that may submit and not read", async () => {
    const answer = await api().ask("POST", "/api/v1/jobs", {
      json: { queue: newQueue(), kind: "noop" },
      headers: { prefer: "wait=0" },
      key: await api().makeKey("submit"),
    });
    expect(answer.status).toBe(202);
  });
});

describe("a batch", () => {
  const batch = (jobs: object[]) => api().ask("POST", "/api/v1/jobs/batch", { json: { jobs } });

  test("of 10,000 jobs is stored whole, and answered in the order of the request", async () => {
    const queue = newQueue();
    const { status, body } = await batch(Array.from({ length: 10_000 }, (_, n) => ({ queue, kind: "noop", payload: n })));
    expect(status).toBe(201);
    expect(new Set(body.items.map(({ id }: { id: string }) => id)).size).toBe(10_000);
    const [first, last] = await Promise.all([body.items[0], body.items[9999]].map(({ id }) => api().get(`/api/v1/jobs/${id}`)));
    expect([first.payload, last.payload]).toEqual([0, 9999]);
    expect((await api().get(`/api/v1/queues/${queue}`)).counts.queued).toBe(10_000);
  });

  test("of 10,001 jobs, or of none, is refused, and nothing of it is stored", async () => {
    const queue = newQueue();
    for (const length of [10_001, 0]) {
      const problem = expectProblem(await batch(Array.from({ length }, () => ({ queue, kind: "noop" }))), "invalid");
      expect(problem.errors?.[0]?.path).toBe("jobs");
    }
    expectProblem(await api().ask("GET", `/api/v1/queues/${queue}`), "not_found");
  });

  test("with one bad job is refused as a whole, with the path of every error at once", async () => {
    const queue = newQueue();
    const good = { queue, kind: "noop" };
    const answer = await batch([
      good,
      { queue: "Loud!" },
      { ...good, priority: 101, maxAttempts: 0, tags: ["", 7] },
      good,
      { ...good, prio: 1 },
    ]);
    const paths = expectProblem(answer, "invalid").errors?.map(({ path }) => path);
    expect(paths?.sort()).toEqual(
      [
        "jobs[1].queue",
        "jobs[1].kind",
        "jobs[2].priority",
        "jobs[2].maxAttempts",
        "jobs[2].tags[0]",
        "jobs[2].tags[1]",
        "jobs[4].prio",
      ].sort(),
    );
    expectProblem(await api().ask("GET", `/api/v1/queues/${queue}`), "not_found");
  });

  test("makes one job of those that share a unique key, and says which it made", async () => {
    const queue = newQueue();
    const job = { queue, kind: "noop", uniqueKey: "k" };
    const { body } = await batch([job, { queue, kind: "noop" }, job]);
    expect(body.items.map(({ created }: { created: boolean }) => created)).toEqual([true, true, false]);
    expect(body.items[2].id).toBe(body.items[0].id);
  });
});
