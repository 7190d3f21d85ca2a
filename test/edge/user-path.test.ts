// The edge profile as its users see it: the bundle that wrangler would deploy, from a request to a finished job.
import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { fromId } from "../../src/contract/ids.ts";
import { eventually } from "../support/servers/free-port.ts";
import { describeEdge } from "./support/edge-api.ts";

describeEdge("Millrace on Cloudflare Workers", 1, (edge) => {
  test("is ready when Postgres, Redis and R2 are", async () => {
    expect(await edge().send("GET", "/health/ready")).toEqual({ status: "ok", checks: { database: "ok", blobs: "ok", redis: "ok" } });
  });

  test("runs an http job, for which the consumers are sent through QStash", async () => {
    const id = await edge().enqueueCall("/ok");
    expect(await edge().finished(id)).toMatchObject({
      state: "completed",
      attempt: 1,
      result: { status: 200, body: { greeting: "hello" } },
    });
    await eventually(async () =>
      expect(edge().qstash.deliveries.map(({ message }) => message.url)).toContain(`${edge().url}/internal/queues/calls`),
    );
  });

  test("answers Prefer: wait as soon as the job is over", async () => {
    const { targetUrl } = edge();
    const job = { queue: "calls", kind: "http", payload: { url: `${targetUrl}/waited` } };
    const response = await edge().ask("POST", "/api/v1/jobs", { json: job, headers: { prefer: "wait=20" } });
    expect(await response.json()).toMatchObject({ state: "completed" });
  });

  test("tries again at the retry's own second, not at the next minute", async () => {
    const backoff = { type: "fixed", baseSeconds: 1, capSeconds: 1, jitter: false };
    const id = await edge().enqueueCall("/broken", { maxAttempts: 2, backoff });
    expect(await edge().finished(id)).toMatchObject({ state: "failed", attempt: 2, error: { code: "http_503" } });
  });

  test("hands a job to a runner that waits, without a look in between, and takes its result", async () => {
    const queue = "gpu";
    const waiting = edge().send("POST", "/api/v1/leases", { runnerId: "runner-1", queues: [queue], max: 1, waitSeconds: 20 });
    await eventually(async () => expect(await edge().send("GET", "/api/v1/runners")).toMatchObject({ items: [{ id: "runner-1" }] }));
    const { id } = await edge().send("POST", "/api/v1/jobs", { queue, kind: "command" });
    const { leases } = await waiting;
    expect(leases).toMatchObject([{ job: { id, state: "running" } }]);
    const item = { leaseToken: leases[0].leaseToken, outcome: "completed", result: { lines: 3 } };
    expect(await edge().send("POST", "/api/v1/leases/settle", { runnerId: "runner-1", items: [item] })).toMatchObject({
      items: [{ status: "ok" }],
    });
    expect(await edge().send("GET", `/api/v1/jobs/${id}`)).toMatchObject({ state: "completed", result: { lines: 3 } });
    const paths = edge().qstash.messages.map(({ url }) => new URL(url).pathname);
    expect(paths, "a pull queue's jobs need no message").not.toContain(`/internal/queues/${queue}`);
  });

  test("gives a job back whose lease has run out, at the next tick", async () => {
    const { id } = await edge().send("POST", "/api/v1/jobs", { queue: "lost", kind: "command" });
    await edge().send("POST", "/api/v1/leases", { runnerId: "runner-2", queues: ["lost"], max: 1, leaseSeconds: 60 });
    await edge().database.sql`update millrace.jobs set lease_expires_at = now() - interval '1 second' where id = ${fromId("job", id)}`;
    await edge().tick(new Date(Date.now() + 61_000));
    expect(await edge().send("GET", `/api/v1/jobs/${id}`)).toMatchObject({ state: "scheduled", error: { code: "lease_expired" } });
  });

  test.each([0, 70_000, 9 * 1024 * 1024])("keeps an upload of %i bytes in R2 and gives it back, whole and in part", async (size) => {
    const bytes = randomBytes(size);
    const headers = { "content-type": "application/octet-stream", "x-filename": "data.bin" };
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    for (const body of [bytes, inChunks(bytes)]) {
      const response = await edge().ask("POST", "/api/v1/uploads", { headers, body, duplex: "half" } as RequestInit);
      const upload = (await response.json()) as { id: string };
      expect(upload).toMatchObject({ sizeBytes: size, sha256 });
      const content = await edge().ask("GET", `/api/v1/uploads/${upload.id}/content`);
      expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
      if (size === 0) continue;
      const part = await edge().ask("GET", `/api/v1/uploads/${upload.id}/content`, { headers: { range: "bytes=10-19" } });
      expect(part.status).toBe(206);
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
    }
  });

  test("serves the dashboard with its security headers, and its hashed files forever", async () => {
    const page = await fetch(`${edge().url}/jobs`, { headers: { accept: "text/html", "sec-fetch-mode": "navigate" } });
    const html = await page.text();
    expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'/);
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1];
    const file = await fetch(`${edge().url}${script}`);
    expect(file.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  });

  test("answers 503 with Retry-After while Postgres is away, and heals", async () => {
    edge().neon.isAway = true;
    const away = await edge().ask("POST", "/api/v1/jobs", { json: { queue: "calls", kind: "command" } });
    edge().neon.isAway = false;
    expect(away.status).toBe(503);
    expect(away.headers.get("retry-after")).toBe("1");
    await edge().send("POST", "/api/v1/jobs", { queue: "healed", kind: "command" });
  });

  test("takes and runs jobs while Redis is away, and says that it is", async () => {
    edge().upstash.isAway = true;
    try {
      const id = await edge().enqueueCall("/without-redis");
      expect(await edge().finished(id)).toMatchObject({ state: "completed" });
      const ready = await edge().ask("GET", "/health/ready");
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({ checks: { database: "ok", blobs: "ok" } });
    } finally {
      edge().upstash.isAway = false;
    }
  });
});

/** A body whose length is not declared. */
function inChunks(bytes: Buffer): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.byteLength) return controller.close();
      controller.enqueue(new Uint8Array(bytes.subarray(at, at + 100_000)));
      at += 100_000;
    },
  });
}
