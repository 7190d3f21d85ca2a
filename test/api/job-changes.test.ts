// Cancel, retry and promote in every state; results with their versions; logs; artifacts; attempts; explain.
import { beforeAll, describe, expect, test } from "vitest";
import type { JobState } from "../../src/contract/job.ts";
import { expectProblem, newQueue, testApi } from "./support/test-api.ts";

const api = testApi();

type Leased = { leaseToken: string; job: { id: string } };

async function lease(queue: string): Promise<Leased> {
  const { leases } = await api().post("/api/v1/leases", { runnerId: "r", queues: [queue], waitSeconds: 10 });
  return leases[0];
}

async function settle(leaseToken: string, outcome: object) {
  const { items } = await api().post("/api/v1/leases/settle", { runnerId: "r", items: [{ leaseToken, ...outcome }] });
  return items[0];
}

const REFUSAL = { code: "no", message: "it cannot be done", retryable: false };

/** A job in that state, made by the API alone. */
async function jobIn(state: JobState): Promise<string> {
  const queue = newQueue();
  const { id } = await api().post("/api/v1/jobs", { queue, kind: "noop", ...(state === "scheduled" ? { delaySeconds: 3600 } : {}) });
  if (state === "cancelled") await api().post(`/api/v1/jobs/${id}/cancel`);
  if (state === "running" || state === "completed" || state === "failed") {
    const { leaseToken } = await lease(queue);
    if (state === "completed") await settle(leaseToken, { outcome: "completed", result: { n: 1 } });
    if (state === "failed") await settle(leaseToken, { outcome: "failed", error: REFUSAL });
  }
  return id;
}

const LEGAL = [
  ["cancel", { scheduled: "cancelled", queued: "cancelled", running: "running" }],
  ["retry", { failed: "queued", cancelled: "queued" }],
  ["promote", { scheduled: "queued" }],
] as const;

describe.each(LEGAL)("%s", (verb, legal) => {
  test.each(["scheduled", "queued", "running", "completed", "failed", "cancelled"] as const)("of a %s job", async (state) => {
    const id = await jobIn(state);
    const answer = await api().ask("POST", `/api/v1/jobs/${id}/${verb}`);
    const after = (legal as Partial<Record<JobState, JobState>>)[state];
    if (after) expect(answer).toMatchObject({ status: 200, body: { id, state: after } });
    else expect(expectProblem(answer, "conflict").detail).toContain(state);
    expect((await api().get(`/api/v1/jobs/${id}`)).state, "a refusal changes nothing").toBe(after ?? state);
  });
});

test("a running job that is cancelled is told to its runner at the next heartbeat, and never completes", async () => {
  const queue = newQueue();
  await api().post("/api/v1/jobs", { queue, kind: "noop" });
  const { leaseToken, job } = await lease(queue);
  expect((await api().post(`/api/v1/jobs/${job.id}/cancel`)).cancelRequestedAt).not.toBeNull();
  const beat = await api().post("/api/v1/leases/heartbeat", { runnerId: "r", leases: [{ leaseToken }] });
  expect(beat).toMatchObject({ extended: [], cancelled: [leaseToken], lost: [] });
  expect(await settle(leaseToken, { outcome: "completed", result: 1 })).toMatchObject({ status: "cancelled", state: "cancelled" });
  expect(await api().get(`/api/v1/jobs/${job.id}`)).toMatchObject({ state: "cancelled", result: null });
});

test("a retried job begins anew: attempts reset, error gone, history kept", async () => {
  const id = await jobIn("failed");
  expect(await api().post(`/api/v1/jobs/${id}/retry`)).toMatchObject({ state: "queued", attempt: 0, error: null, finishedAt: null });
  const { items } = await api().get(`/api/v1/jobs/${id}/attempts`);
  expect(items).toMatchObject([{ number: 1, outcome: "failed", runnerId: "r", error: REFUSAL }]);
});

test("a job is not retried while another one holds its unique key", async () => {
  const job = { queue: newQueue(), kind: "noop", uniqueKey: "k" };
  const { id } = await api().post("/api/v1/jobs", job);
  await api().post(`/api/v1/jobs/${id}/cancel`);
  await api().post("/api/v1/jobs", job);
  expectProblem(await api().ask("POST", `/api/v1/jobs/${id}/retry`), "conflict");
});

describe("a result", () => {
  const put = (id: string, json: unknown) => api().ask("PUT", `/api/v1/jobs/${id}/result`, { json });

  test("is edited with the versions before kept, newest first", async () => {
    const id = await jobIn("completed");
    expect(await api().get(`/api/v1/jobs/${id}/result`)).toEqual({ result: { n: 1 }, version: 1, versions: [] });
    await put(id, { result: "two" });
    const { body } = await put(id, { result: ["three"], version: 2 });
    expect(body).toMatchObject({ result: ["three"], version: 3 });
    expect(body.versions).toMatchObject([
      { version: 2, result: "two", editedBy: "test admin" },
      { version: 1, result: { n: 1 }, editedBy: null },
    ]);
    expect((await api().get(`/api/v1/jobs/${id}`)).result).toEqual(["three"]);
  });

  test("is not edited over somebody else's edit", async () => {
    const id = await jobIn("completed");
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => put(id, { result: n, version: 1 })));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    for (const answer of answers.filter((one) => !won.includes(one))) expectProblem(answer, "conflict");
    expect(await api().get(`/api/v1/jobs/${id}/result`)).toMatchObject({ version: 2, result: won[0]?.body.result });
  });

  test.each(["scheduled", "queued", "running", "failed", "cancelled"] as const)("of a %s job is a conflict", async (state) => {
    const id = await jobIn(state);
    expectProblem(await api().ask("GET", `/api/v1/jobs/${id}/result`), "conflict");
    expectProblem(await put(id, { result: 1 }), "conflict");
  });

  test("is checked like a payload", async () => {
    const id = await jobIn("completed");
    expectProblem(await put(id, { result: "a\u0000" }), "invalid");
    expectProblem(await put(id, { result: 1, version: 0 }), "invalid");
    expectProblem(await put(id, { result: "x".repeat(256 * 1024) }), "invalid");
  });
});

describe("a job's log", () => {
  let id = "";
  const line = (seq: number, text = `line ${seq}`) => ({ seq, at: "2026-01-31T08:30:00Z", stream: "stdout", line: text });
  beforeAll(async () => {
    const queue = newQueue();
    ({ id } = await api().post("/api/v1/jobs", { queue, kind: "noop" }));
    for (const attempt of [1, 2]) {
      const { leaseToken } = await lease(queue);
      const logs = [line(1, `attempt ${attempt}`), line(2), line(3)];
      // Sent twice, as after a lost answer: stored once.
      for (const part of [logs, logs.slice(1)]) {
        await api().post("/api/v1/leases/heartbeat", { runnerId: "r", leases: [{ leaseToken, logs: part }] });
      }
      await settle(leaseToken, { outcome: "released" });
    }
  });

  test("has every line once, in order, over all attempts", async () => {
    const { items, nextAfter } = await api().get(`/api/v1/jobs/${id}/logs`);
    expect(items.map((one: { line: string }) => one.line)).toEqual(["attempt 1", "line 2", "line 3", "attempt 2", "line 2", "line 3"]);
    expect(nextAfter).toBe(items[5].seq);
  });

  test("is read page by page with after, and is empty past its end", async () => {
    const seen: number[] = [];
    for (let after = 0, more = true; more; ) {
      const page = await api().get(`/api/v1/jobs/${id}/logs?limit=2&after=${after}`);
      seen.push(...page.items.map(({ seq }: { seq: number }) => seq));
      more = page.items.length > 0;
      expect(page.nextAfter).toBe(seen.at(-1));
      after = page.nextAfter;
    }
    expect(seen).toHaveLength(6);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  });

  test.each(["after=-1", "after=x", "limit=0", "limit=5001", "afer=1"])("refuses %s", async (query) => {
    expectProblem(await api().ask("GET", `/api/v1/jobs/${id}/logs?${query}`), "invalid");
  });
});

test("artifacts are uploads that a settled job names; one that does not exist is refused and nothing is settled", async () => {
  const queue = newQueue();
  const { id } = await api().post("/api/v1/jobs", { queue, kind: "noop" });
  const upload = await api().post("/api/v1/uploads", undefined, { body: "bytes", headers: { "x-filename": "out.bin" } });
  const { leaseToken } = await lease(queue);
  const artifacts = (uploadId: string) => [{ leaseToken, outcome: "completed", artifacts: [{ name: "model.bin", uploadId }] }];
  const nobodys = "upl_01kag00000e008000000000000";
  const json = { runnerId: "r", items: artifacts(nobodys) };
  const problem = expectProblem(await api().ask("POST", "/api/v1/leases/settle", { json }), "invalid");
  expect(problem.errors?.[0]?.path).toBe("items[0].artifacts[0].uploadId");
  expect((await api().get(`/api/v1/jobs/${id}`)).state).toBe("running");
  await api().post("/api/v1/leases/settle", { runnerId: "r", items: artifacts(upload.id) });
  const { items } = await api().get(`/api/v1/jobs/${id}/artifacts`);
  expect(items).toMatchObject([{ name: "model.bin", uploadId: upload.id, sizeBytes: 5, sha256: upload.sha256 }]);
});

test("explain says what keeps a job from running", async () => {
  const queue = newQueue();
  const { id } = await api().post("/api/v1/jobs", { queue, kind: "noop", delaySeconds: 3600 });
  await api().post(`/api/v1/queues/${queue}/pause`);
  const reasons = async () => (await api().get(`/api/v1/jobs/${id}/explain`)).waitingFor.map(({ reason }: { reason: string }) => reason);
  expect(await reasons()).toEqual(["run_at", "queue_paused", "no_runner"]);
  await api().post(`/api/v1/queues/${queue}/resume`);
  await api().post(`/api/v1/jobs/${id}/promote`);
  expect(await reasons()).toEqual(["no_runner"]);
  await lease(queue);
  expect(await reasons()).toEqual([]);
});
