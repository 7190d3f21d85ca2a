// Lists, cursors and filters; queues and runners; and the headers that every answer has.
import { describe, expect, test } from "vitest";
import { expectProblem, newQueue, testApi } from "./support/test-api.ts";

const api = testApi();
const ids = (page: { items: { id: string }[] }) => page.items.map(({ id }) => id);

describe("a list of jobs", () => {
  test("is read page by page, newest first, whole and without repeats", async () => {
    const queue = newQueue();
    const { items } = await api().post("/api/v1/jobs/batch", { jobs: Array.from({ length: 25 }, () => ({ queue, kind: "noop" })) });
    const seen: string[] = [];
    let cursor = "";
    do {
      const page = await api().get(`/api/v1/jobs?queue=${queue}&limit=10${cursor && `&cursor=${cursor}`}`);
      seen.push(...ids(page));
      cursor = page.nextCursor ?? "";
      // What is enqueued meanwhile does not shift the pages.
      await api().post("/api/v1/jobs", { queue, kind: "noop" });
    } while (cursor);
    expect(seen).toEqual(items.map(({ id }: { id: string }) => id).reverse());
  });

  test.each([
    ["/api/v1/jobs", "nonsense"],
    ["/api/v1/jobs", "eyJ2IjoxfQ"],
    ["/api/v1/jobs", btoa("v1:not-a-uuid")],
    ["/api/v1/jobs", btoa("v2:019aa000-0000-7000-8000-000000000000")],
    ["/api/v1/jobs", "%F0%9F%A6%80"],
    ["/api/v1/jobs", ""],
    ["/api/v1/runners", "nonsense"],
    ["/api/v1/runners", btoa("v1:a\u0000b")],
    ["/api/v1/runners", btoa(`v1:${"r".repeat(200)}`)],
  ])("%s refuses the cursor '%s' with 400", async (path, cursor) => {
    expectProblem(await api().ask("GET", `${path}?cursor=${cursor}`), "invalid_cursor");
  });

  test.each(["limit=0", "limit=201", "limit=x", "limit=1.5", "state=done", "queue=Q", "createdAfter=yesterday", "tag=", "q=%00", "page=2"])(
    "refuses %s with 422",
    async (query) => {
      const problem = expectProblem(await api().ask("GET", `/api/v1/jobs?${query}`), "invalid");
      expect(problem.errors?.[0]?.path).toBe(query.split("=")[0]);
    },
  );

  test("is filtered by queue, kind, state, tag, time and text, all of them literally", async () => {
    const queue = newQueue();
    const plain = await api().post("/api/v1/jobs", { queue, kind: "noop", payload: { note: "100%" }, tags: ["a_b"] });
    const other = await api().post("/api/v1/jobs", {
      queue,
      kind: "other",
      payload: { note: 'back\\slash\'s "quote"' },
      delaySeconds: 99,
      uniqueKey: "u-1",
    });
    const list = async (query: string) => ids(await api().get(`/api/v1/jobs?queue=${queue}&${query}`));
    expect(await list("kind=noop")).toEqual([plain.id]);
    expect(await list("state=scheduled")).toEqual([other.id]);
    expect(await list("tag=a_b")).toEqual([plain.id]);
    expect(await list("tag=axb")).toEqual([]);
    expect(await list("q=%25")).toEqual([plain.id]);
    expect(await list(`q=${encodeURIComponent("\\")}`)).toEqual([other.id]);
    expect(await list(`q=${encodeURIComponent("slash's")}`)).toEqual([other.id]);
    expect(await list("q=_b")).toEqual([plain.id]);
    expect(await list("q=u-1")).toEqual([other.id]);
    expect(await list(`q=${plain.id}`)).toEqual([plain.id]);
    expect(await list(`createdAfter=${other.createdAt}`)).toEqual([other.id]);
    expect(await list(`createdBefore=${plain.createdAt}`)).toEqual([]);
  });
});

describe("a queue", () => {
  test("exists from its first use, with defaults", async () => {
    const queue = newQueue();
    expectProblem(await api().ask("GET", `/api/v1/queues/${queue}`), "not_found");
    await api().post("/api/v1/jobs", { queue, kind: "noop" });
    expect(await api().get(`/api/v1/queues/${queue}`)).toMatchObject({
      name: queue,
      mode: "pull",
      concurrency: null,
      rateLimit: null,
      paused: false,
      defaults: { maxAttempts: 3, timeoutSeconds: 3600, backoff: { type: "exponential" } },
      retentionSeconds: 604_800,
      counts: { queued: 1, running: 0 },
    });
  });

  test("is changed field by field; what is left out keeps its value, and its defaults go to new jobs", async () => {
    const path = `/api/v1/queues/${newQueue()}`;
    const put = (json: object) => api().ask("PUT", path, { json });
    await put({ mode: "push", concurrency: 4, defaults: { maxAttempts: 7, timeoutSeconds: 9 } });
    const { body } = await put({ retentionSeconds: 60, defaults: { maxAttempts: 8 } });
    expect(body).toMatchObject({ mode: "push", concurrency: 4, retentionSeconds: 60, defaults: { maxAttempts: 8, timeoutSeconds: 9 } });
    expect((await put({ concurrency: null })).body.concurrency).toBeNull();
    const job = await api().post("/api/v1/jobs", { queue: body.name, kind: "noop" });
    expect(job).toMatchObject({ maxAttempts: 8, timeoutSeconds: 9 });
    for (const [field, value] of Object.entries({
      mode: "pop",
      concurrency: 0,
      retentionSeconds: 1,
      paused: "yes",
      "defaults.maxAttempts": 0,
    })) {
      const json = field.startsWith("defaults.") ? { defaults: { maxAttempts: value } } : { [field]: value };
      expect(expectProblem(await put(json), "invalid").errors?.[0]?.path).toBe(field);
    }
    expectProblem(await api().ask("PUT", "/api/v1/queues/Loud", { json: {} }), "invalid");
  });

  test("hands out nothing while it is paused, and goes on when it is resumed", async () => {
    const queue = newQueue();
    await api().post("/api/v1/jobs", { queue, kind: "noop" });
    expect(await api().post(`/api/v1/queues/${queue}/pause`)).toMatchObject({ paused: true });
    expect((await api().post("/api/v1/leases", { runnerId: "r", queues: [queue] })).leases).toEqual([]);
    const waiting = api().post("/api/v1/leases", { runnerId: "r", queues: [queue], waitSeconds: 20 });
    expect(await api().post(`/api/v1/queues/${queue}/resume`)).toMatchObject({ paused: false });
    expect((await waiting).leases).toHaveLength(1);
  });

  test("runs no more jobs at once than its concurrency", async () => {
    const queue = newQueue();
    await api().ask("PUT", `/api/v1/queues/${queue}`, { json: { concurrency: 3 } });
    await api().post("/api/v1/jobs/batch", { jobs: Array.from({ length: 10 }, () => ({ queue, kind: "noop" })) });
    const asked = await Promise.all(
      Array.from({ length: 8 }, (_, n) => api().post("/api/v1/leases", { runnerId: `r${n}`, queues: [queue], max: 2 })),
    );
    expect(asked.flatMap(({ leases }) => leases)).toHaveLength(3);
  });

  test("has stats of what waits and what ended in the last hour", async () => {
    const queue = newQueue();
    await api().post("/api/v1/jobs/batch", { jobs: Array.from({ length: 3 }, () => ({ queue, kind: "noop" })) });
    const { leases } = await api().post("/api/v1/leases", { runnerId: "r", queues: [queue], max: 2 });
    const items = leases.map(({ leaseToken }: { leaseToken: string }) => ({ leaseToken, outcome: "completed" }));
    await api().post("/api/v1/leases/settle", { runnerId: "r", items });
    const stats = await api().get(`/api/v1/queues/${queue}/stats`);
    expect(stats).toMatchObject({ counts: { queued: 1, completed: 2 }, lastHour: { finished: 2, perSecond: 2 / 3600, sampled: false } });
    expect(stats.oldestQueuedSeconds).toBeGreaterThan(0);
    for (const one of ["p50", "p95", "p99"]) expect(stats.lastHour.runSeconds[one]).toBeGreaterThanOrEqual(0);
    expect(ids({ items: (await api().get("/api/v1/queues")).items.map(({ name }: { name: string }) => ({ id: name })) })).toContain(queue);
  });
});

test("a runner is known from its first call, with what it said of itself", async () => {
  const capacity = { gpus: [{ uuid: "GPU-1", name: "card", vramTotalMib: 24_000, vramFreeMib: 20_000, loadedModels: [] }] };
  await api().post("/api/v1/leases", { runnerId: "box-1", queues: ["gpu"], kinds: ["train"], labels: { zone: "lab" }, capacity });
  await api().post("/api/v1/leases/heartbeat", { runnerId: "box-1", leases: [], metrics: { load: 0.5 } });
  const known = {
    id: "box-1",
    state: "online",
    queues: ["gpu"],
    kinds: ["train"],
    labels: { zone: "lab" },
    capacity,
    metrics: { load: 0.5 },
  };
  expect(await api().get("/api/v1/runners/box-1")).toMatchObject(known);
  const { items } = await api().get("/api/v1/runners");
  expect(items).toContainEqual(expect.objectContaining(known));
});

describe("every answer", () => {
  test("has the request's id: the one that was sent, or one that was made", async () => {
    for (const path of ["/api/v1/jobs", "/health", "/nowhere"]) {
      const sent = await api().ask("GET", path, { headers: { "x-request-id": "trace-7.a_b" } });
      expect(sent.headers.get("x-request-id")).toBe("trace-7.a_b");
      for (const odd of ["a b", "<script>", "x".repeat(129)]) {
        const made = await api().ask("GET", path, { headers: { "x-request-id": odd } });
        expect(made.headers.get("x-request-id")).toMatch(/^req_[0-9a-z]{26}$/);
      }
      expect(sent.headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  test("about a path that is none is a problem that says where to look", async () => {
    for (const path of ["/api", "/api/v1", "/api/v2/jobs", "/api/v1/jobs/", "/api/v1//jobs", "/metrics/x"]) {
      expect(expectProblem(await api().ask("GET", path), "not_found").detail).toContain("/api/docs");
    }
    expectProblem(await api().ask("POST", "/nowhere"), "not_found");
  });

  test("to HEAD is the one to GET, without its body", async () => {
    const answer = await api().ask("HEAD", "/api/v1/jobs");
    expect(answer).toMatchObject({ status: 200, text: "" });
  });
});
