// The runner protocol over HTTP: acquire, heartbeat, settle, and what stale, foreign and malformed tokens are told.
import { describe, expect, test } from "vitest";
import { eventually } from "../support/servers/free-port.ts";
import { expectProblem, newQueue, testApi } from "./support/test-api.ts";

const api = testApi({ sweepSeconds: 0.2 });

type Leased = { leaseToken: string; expiresAt: string; job: { id: string; priority: number; attempt: number; payload: unknown } };

async function acquire(queue: string, more: object = {}): Promise<Leased[]> {
  return (await api().post("/api/v1/leases", { runnerId: "r", queues: [queue], waitSeconds: 0, max: 100, ...more })).leases;
}
const enqueue = (queue: string, more: object = {}) => api().post("/api/v1/jobs", { queue, kind: "noop", ...more });
const settle = async (...items: object[]) => (await api().post("/api/v1/leases/settle", { runnerId: "r", items })).items;
const beat = (...leases: object[]) => api().post("/api/v1/leases/heartbeat", { runnerId: "r", leases });

const NOBODYS = `lease_${"0".repeat(52)}`;
const MALFORMED = ["x", "lease_", `lease_${"u".repeat(52)}`, "job_01kaj7zqv5fd8tqb5x1v2m3n4p", "'; drop table jobs --", "🦀"];

test("jobs are handed out by priority, then age, and each one once", async () => {
  const queue = newQueue();
  for (const [n, priority] of [0, 5, -5, 5, 0].entries()) await enqueue(queue, { priority, payload: n });
  expect((await acquire(queue, { max: 4 })).map(({ job }) => job.payload)).toEqual([1, 3, 0, 4]);
  expect((await acquire(queue)).map(({ job }) => job.payload)).toEqual([2]);
  expect(await acquire(queue)).toEqual([]);
});

test("many runners that ask at the same time never share a job", async () => {
  const queue = newQueue();
  await api().post("/api/v1/jobs/batch", { jobs: Array.from({ length: 200 }, () => ({ queue, kind: "noop" })) });
  const all = (await Promise.all(Array.from({ length: 20 }, (_, n) => acquire(queue, { runnerId: `r${n}`, max: 15 })))).flat();
  expect(all).toHaveLength(200);
  expect(new Set(all.map(({ job }) => job.id)).size).toBe(200);
});

test("a runner gets only the kinds and labels it asks for", async () => {
  const queue = newQueue();
  await enqueue(queue, { kind: "train" });
  await enqueue(queue, { kind: "generate", requires: { labels: { zone: "lab" } } });
  expect(await acquire(queue, { kinds: ["embed"] })).toEqual([]);
  expect(await acquire(queue, { kinds: ["generate"] })).toEqual([]);
  expect(await acquire(queue, { kinds: ["generate"], labels: { zone: "attic" } })).toEqual([]);
  expect(await acquire(queue, { kinds: ["generate"], labels: { zone: "lab", disk: "nvme" } })).toHaveLength(1);
  expect(await acquire(queue)).toHaveLength(1);
});

test("a heartbeat extends the lease and carries progress", async () => {
  const queue = newQueue();
  const { id } = await enqueue(queue);
  const [{ leaseToken, expiresAt } = { leaseToken: "", expiresAt: "" }] = await acquire(queue, { leaseSeconds: 30 });
  const answer = await beat({ leaseToken, progress: { fraction: 0.4, message: "step 4 of 10" } });
  expect(answer).toEqual({ extended: [leaseToken], cancelled: [], lost: [], drain: false, nextHeartbeatSeconds: 10 });
  const job = await api().get(`/api/v1/jobs/${id}`);
  expect(job).toMatchObject({ state: "running", progress: { fraction: 0.4, message: "step 4 of 10" }, runnerId: "r" });
  expect(Date.parse(job.leaseExpiresAt)).toBeGreaterThanOrEqual(Date.parse(expiresAt));
  expect(await api().get(`/api/status/${id}`)).toEqual({ jobId: id, status: "running", progress: 0.4 });
});

describe("a settle", () => {
  test("completes, fails for good, sends back for another attempt, or gives the attempt back", async () => {
    const queue = newQueue();
    for (let n = 0; n < 4; n++) await enqueue(queue, { payload: n });
    const [a, b, c, d] = await acquire(queue);
    const error = { code: "oops", message: "it broke" };
    const items = await settle(
      { leaseToken: a?.leaseToken, outcome: "completed", result: [1], usage: { gpuSeconds: 1.5, gpus: ["u"] } },
      { leaseToken: b?.leaseToken, outcome: "failed", error: { ...error, retryable: false } },
      { leaseToken: c?.leaseToken, outcome: "failed", error },
      { leaseToken: d?.leaseToken, outcome: "released" },
    );
    expect(items.map(({ status, state }: { status: string; state: string }) => [status, state])).toEqual([
      ["ok", "completed"],
      ["ok", "failed"],
      ["ok", "scheduled"],
      ["ok", "queued"],
    ]);
    const jobs = await Promise.all([a, b, c, d].map((one) => api().get(`/api/v1/jobs/${one?.job.id}`)));
    expect(jobs).toMatchObject([
      { state: "completed", result: [1], attempt: 1, usage: { gpuSeconds: 1.5, gpus: ["u"] }, progress: { fraction: 1 } },
      { state: "failed", error: { ...error, retryable: false }, attempt: 1 },
      { state: "scheduled", error: { ...error, retryable: true }, attempt: 1 },
      { state: "queued", attempt: 0 },
    ]);
  });

  test("repeated with the same outcome is ok again, and with another one is lease_lost; nothing changes", async () => {
    const queue = newQueue();
    const { id } = await enqueue(queue);
    const [{ leaseToken } = { leaseToken: "" }] = await acquire(queue);
    const done = { leaseToken, outcome: "completed", result: "first" };
    expect(await settle(done)).toMatchObject([{ status: "ok", state: "completed" }]);
    expect(await settle({ ...done, result: "second" })).toMatchObject([{ status: "ok", state: "completed" }]);
    expect(await settle({ leaseToken, outcome: "failed" })).toMatchObject([{ status: "lease_lost", state: "completed" }]);
    expect(await settle({ leaseToken, outcome: "released" })).toMatchObject([{ status: "lease_lost", state: "completed" }]);
    expect(await api().get(`/api/v1/jobs/${id}`)).toMatchObject({ state: "completed", result: "first", attempt: 1 });
  });

  test("with two words about one lease keeps the first", async () => {
    const queue = newQueue();
    await enqueue(queue);
    const [{ leaseToken } = { leaseToken: "" }] = await acquire(queue);
    const items = await settle({ leaseToken, outcome: "completed" }, { leaseToken, outcome: "failed" });
    expect(items).toMatchObject([
      { status: "ok", state: "completed" },
      { status: "lease_lost", state: "completed" },
    ]);
  });

  test("acquires the next batch in the same call", async () => {
    const queue = newQueue();
    for (let n = 0; n < 3; n++) await enqueue(queue, { payload: n });
    const [first] = await acquire(queue, { max: 1 });
    const answer = await api().post("/api/v1/leases/settle", {
      runnerId: "r",
      items: [{ leaseToken: first?.leaseToken, outcome: "completed" }],
      acquire: { runnerId: "r", queues: [queue], max: 5 },
    });
    expect(answer.items).toMatchObject([{ status: "ok" }]);
    expect(answer.leases.map(({ job }: Leased) => job.payload)).toEqual([1, 2]);
    expect(answer.drain).toBe(false);
  });

  test("of many at once by many at once gives each job one end", async () => {
    const queue = newQueue();
    await enqueue(queue);
    const [{ leaseToken, job } = { leaseToken: "", job: { id: "" } }] = await acquire(queue);
    const outcomes = ["completed", "failed", "released"].flatMap((outcome) => Array.from({ length: 7 }, () => outcome));
    const answers = (await Promise.all(outcomes.map((outcome) => settle({ leaseToken, outcome })))).flat();
    const kept = new Set(answers.flatMap(({ status }, n) => (status === "ok" ? [outcomes[n]] : [])));
    expect(kept.size).toBe(1);
    const { items } = await api().get(`/api/v1/jobs/${job.id}/attempts`);
    expect(items).toMatchObject([{ outcome: [...kept][0] }]);
  });
});

describe("a token that is not a lease any more", () => {
  test("is lost at the heartbeat and at the settle, and changes nothing", async () => {
    const queue = newQueue();
    const { id } = await enqueue(queue);
    const [stale] = await acquire(queue, { leaseSeconds: 5 });
    // The row is aged instead of waiting five seconds; the sweep then does what it does.
    await api().database
      .sql`update millrace.jobs set lease_expires_at = now() - interval '1 second' where lease_token is not null and queue = ${queue}`;
    const [fresh] = await eventually(async () => {
      const leases = await acquire(queue);
      if (leases.length === 0) throw new Error("not rescued yet");
      return leases;
    });
    const token = { leaseToken: stale?.leaseToken };
    const news = { progress: { fraction: 0.9 }, logs: [{ seq: 1, at: "2026-01-31T08:30:00Z", stream: "stdout", line: "late" }] };
    expect(await beat({ ...token, ...news })).toMatchObject({ extended: [], lost: [stale?.leaseToken] });
    expect(await settle({ ...token, outcome: "completed", result: "late" })).toMatchObject([{ status: "lease_lost", state: "running" }]);
    expect(await api().get(`/api/v1/jobs/${id}`)).toMatchObject({ state: "running", attempt: 2, progress: { fraction: 0 }, result: null });
    expect((await api().get(`/api/v1/jobs/${id}/logs`)).items).toEqual([]);
    expect(await settle({ leaseToken: fresh?.leaseToken, outcome: "completed" })).toMatchObject([{ status: "ok" }]);
    const { items } = await api().get(`/api/v1/jobs/${id}/attempts`);
    expect(items.map(({ outcome }: { outcome: string }) => outcome)).toEqual(["lost", "completed"]);
  });

  test.each([NOBODYS, ...MALFORMED])("'%s' is answered like one that was lost", async (leaseToken) => {
    expect(await beat({ leaseToken })).toMatchObject({ extended: [], cancelled: [], lost: [leaseToken] });
    expect(await settle({ leaseToken, outcome: "completed" })).toEqual([{ leaseToken, status: "lease_lost", state: null }]);
  });

  test("is refused where it is empty or endless", async () => {
    for (const leaseToken of ["", "x".repeat(201), 7]) {
      const json = { runnerId: "r", items: [{ leaseToken, outcome: "completed" }] };
      expectProblem(await api().ask("POST", "/api/v1/leases/settle", { json }), "invalid");
    }
  });
});

test("a job whose attempts are used up by lost leases fails, and says so", async () => {
  const queue = newQueue();
  const { id } = await enqueue(queue, { maxAttempts: 1 });
  await acquire(queue, { leaseSeconds: 5 });
  await api().database.sql`update millrace.jobs set lease_expires_at = now() - interval '1 second' where queue = ${queue}`;
  await eventually(async () =>
    expect(await api().get(`/api/v1/jobs/${id}`)).toMatchObject({ state: "failed", error: { code: "lease_expired" } }),
  );
});

test("a draining runner is told, gets no work, and others go on", async () => {
  const queue = newQueue();
  expect(await acquire(queue, { runnerId: "old" })).toEqual([]);
  const waiting = api().post("/api/v1/leases", { runnerId: "old", queues: [queue], waitSeconds: 20 });
  await enqueue(newQueue());
  expect(await api().post("/api/v1/runners/old/drain")).toMatchObject({ id: "old", state: "draining" });
  expect(await waiting).toEqual({ leases: [], drain: true });
  await enqueue(queue);
  expect(await api().post("/api/v1/leases", { runnerId: "old", queues: [queue] })).toEqual({ leases: [], drain: true });
  expect(await acquire(queue, { runnerId: "new" })).toHaveLength(1);
});

test.each([
  [{ runnerId: "", queues: ["q"] }, "runnerId"],
  [{ runnerId: "r".repeat(129), queues: ["q"] }, "runnerId"],
  [{ runnerId: "r", queues: [] }, "queues"],
  [{ runnerId: "r", queues: ["Q"] }, "queues[0]"],
  [{ runnerId: "r", queues: ["q"], max: 1001 }, "max"],
  [{ runnerId: "r", queues: ["q"], leaseSeconds: 4 }, "leaseSeconds"],
  [{ runnerId: "r", queues: ["q"], waitSeconds: 26 }, "waitSeconds"],
  [{ runnerId: "r", queues: ["q"], labels: { "-": "x" } }, "labels.-"],
  [{ runnerId: "r", queues: ["q"], capacity: { gpus: [{ uuid: "" }] } }, "capacity.gpus[0].uuid"],
])("%j is refused at its path", async (json, path) => {
  const problem = expectProblem(await api().ask("POST", "/api/v1/leases", { json }), "invalid");
  expect(problem.errors?.map((error) => error.path)).toContain(path);
});
