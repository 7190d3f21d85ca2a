// GET /events: live, filtered, and resumed with Last-Event-ID without a loss or a repeat.
import { describe, expect, test } from "vitest";
import { openEvents } from "./support/live.ts";
import { expectProblem, newQueue, testApi } from "./support/test-api.ts";

const api = testApi();

const listen = (query = "", headers: Record<string, string> = {}) =>
  openEvents(`${api().url}/api/v1/events${query}`, { authorization: `Bearer ${api().adminKey}`, ...headers });

async function runOne(queue: string): Promise<string> {
  const { id } = await api().post("/api/v1/jobs", { queue, kind: "noop" });
  const { leases } = await api().post("/api/v1/leases", { runnerId: "r", queues: [queue] });
  const { leaseToken } = leases[0];
  const logs = [{ seq: 1, at: "2026-01-31T08:30:00Z", stream: "stdout", line: "hello" }];
  await api().post("/api/v1/leases/heartbeat", { runnerId: "r", leases: [{ leaseToken, progress: { fraction: 0.5 }, logs }] });
  await api().post("/api/v1/leases/settle", { runnerId: "r", items: [{ leaseToken, outcome: "completed" }] });
  return id;
}

test("a job's whole life is told in order, as it happens", async () => {
  const queue = newQueue();
  const stream = await listen(`?queue=${queue}`);
  expect(stream.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(stream.response.headers.get("cache-control")).toBe("no-store");
  const id = await runOne(queue);
  const events = await stream.until(({ type }) => type === "job.completed");
  expect(events.map(({ type }) => type)).toEqual(["job.enqueued", "job.started", "job.progress", "job.log", "job.completed"]);
  for (const { id: eventId, type, data } of events) expect(data).toMatchObject({ id: eventId, type, jobId: id, queue });
  expect(events[2]?.data.data).toMatchObject({ state: "running", progress: { fraction: 0.5 } });
  expect(events[3]?.data.data).toMatchObject({ logs: [{ seq: 1, stream: "stdout", line: "hello" }] });
  stream.close();
});

test("a client that reconnects again and again with Last-Event-ID misses nothing and sees nothing twice", async () => {
  const queue = newQueue();
  const seen: string[] = [];
  let lastId = (await publishMarker()).id;
  const jobs = Array.from({ length: 40 }, (_, n) => ({ queue, kind: "noop", tags: [String(n)] }));
  const enqueued: string[] = [];
  for (let part = 0; part < 8; part++) {
    const stream = await listen(`?queue=${queue}`, { "last-event-id": lastId });
    // Some come while it listens, and some after it has gone.
    for (const job of jobs.slice(part * 5, part * 5 + 5)) enqueued.push((await api().post("/api/v1/jobs", job)).id);
    for (let n = 0; n < (part === 7 ? 0 : 3); n++) {
      const event = await stream.next();
      seen.push(event.data.jobId as string);
      lastId = event.id;
    }
    stream.close();
  }
  const rest = await listen(`?queue=${queue}&lastEventId=${lastId}`);
  while (seen.length < 40) seen.push((await rest.next()).data.jobId as string);
  rest.close();
  expect(seen).toEqual(enqueued);
});

/** An event of our own, to know where the log stands. */
async function publishMarker() {
  const stream = await listen("?topic=test.marker");
  await api().post("/api/v1/events", { topic: "test.marker", payload: { n: 1 } });
  const event = await stream.next();
  stream.close();
  return event;
}

describe("filters", () => {
  test("by job, queue and topic leave out everything else", async () => {
    const [queue, other] = [newQueue(), newQueue()];
    const job = await api().post("/api/v1/jobs", { queue, kind: "noop" });
    const [byJob, byQueue, byTopic] = await Promise.all([
      listen(`?jobId=${job.id}`),
      listen(`?queue=${queue}`),
      listen("?topic=job.cancelled"),
    ]);
    await api().post("/api/v1/jobs", { queue: other, kind: "noop" });
    const sibling = await api().post("/api/v1/jobs", { queue, kind: "noop" });
    await api().post(`/api/v1/jobs/${sibling.id}/cancel`);
    await api().post(`/api/v1/jobs/${job.id}/cancel`);
    expect(await byJob.next()).toMatchObject({ type: "job.cancelled", data: { jobId: job.id } });
    const inQueue = await byQueue.until(({ data }) => data.jobId === job.id);
    expect(inQueue.map(({ type }) => type)).toEqual(["job.enqueued", "job.cancelled", "job.cancelled"]);
    expect([await byTopic.next(), await byTopic.next()].map(({ data }) => data.jobId)).toEqual([sibling.id, job.id]);
    for (const stream of [byJob, byQueue, byTopic]) stream.close();
  });

  test.each(["jobId=x", "queue=Q", "topic=-", "jbId=1"])("such as %s are refused with 422", async (query) => {
    expectProblem(await api().ask("GET", `/api/v1/events?${query}`), "invalid");
  });
});

describe("an event of a user's own", () => {
  test("is published plainly or as a CloudEvent, and reaches who listens for its topic", async () => {
    const stream = await listen("?topic=upload.finished");
    const cloudEvent = {
      specversion: "1.0",
      id: "e-1",
      source: "/camera",
      type: "upload.finished",
      data: { path: "b.wav" },
      extension: "x",
    };
    const headers = { "content-type": "application/cloudevents+json; charset=utf-8" };
    expect((await api().ask("POST", "/api/v1/events", { json: { topic: "upload.finished", payload: { path: "a.wav" } } })).status).toBe(
      202,
    );
    expect((await api().ask("POST", "/api/v1/events", { json: cloudEvent, headers })).status).toBe(202);
    const { data: _, ...attributes } = cloudEvent;
    expect((await stream.next()).data).toMatchObject({ topic: "upload.finished", data: { payload: { path: "a.wav" } } });
    expect((await stream.next()).data.data).toEqual({ payload: { path: "b.wav" }, cloudEvent: attributes });
    stream.close();
  });

  test.each([
    [{ topic: "job.completed" }, "topic"],
    [{ topic: "Upper" }, "topic"],
    [{ topic: "a".repeat(129) }, "topic"],
    [{ topic: "a.b", payload: "\u0000" }, "payload"],
    [{ specversion: "1.0", id: "", source: "/", type: "a.b" }, "id"],
  ])("is refused where it is %j", async (json, path) => {
    const problem = expectProblem(await api().ask("POST", "/api/v1/events", { json }), "invalid");
    expect(problem.errors?.map((error) => error.path)).toContain(path);
  });
});
