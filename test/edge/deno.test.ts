// Millrace on Deno over Postgres and Redis by TCP: the same sources, one process, as `npm run start:deno` runs it.
import { createHash, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/databases.ts";
import { eventually } from "../support/servers/free-port.ts";
import { makeTestKey } from "../support/start-millrace.ts";
import { DENO_PERMISSIONS, type DenoProcess, startDeno } from "./support/deno-process.ts";

describe.skipIf(inject("postgresUrl") === null || inject("redisUrl") === null)("Millrace on Deno", () => {
  const adminKey = makeTestKey();
  let database: TestDatabase;
  let target: Server;
  let targetUrl: string;
  let url: string;
  let deno: DenoProcess;

  beforeAll(async () => {
    database = await createTestDatabase();
    target = createServer((_request, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end('{"greeting":"hello"}'),
    );
    await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
    const targetPort = (target.address() as AddressInfo).port;
    targetUrl = `http://localhost:${targetPort}`;
    deno = await startDeno(DENO_PERMISSIONS, () => ({
      DATABASE_URL: database.url,
      REDIS_URL: inject("redisUrl") ?? "",
      MILLRACE_ADMIN_KEY: adminKey,
      MILLRACE_HTTP_ALLOW: "127.0.0.1,::1",
    }));
    url = deno.url;
  });
  afterAll(async () => {
    await deno?.stop();
    target?.closeAllConnections();
    target?.close();
    await database?.drop();
  });

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${adminKey}`, ...(init.headers as Record<string, string>) } });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  async function send(method: string, path: string, json?: unknown): Promise<any> {
    const body = json === undefined ? {} : { body: JSON.stringify(json), headers: { "content-type": "application/json" } };
    const response = await ask(path, { method, ...body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }
  const enqueueCall = async (to: string, fields = {}) =>
    (await send("POST", "/api/v1/jobs", { queue: "calls", kind: "http", payload: { url: to }, ...fields })).id;
  const finished = (id: string) =>
    eventually(async () => {
      const job = await send("GET", `/api/v1/jobs/${id}`);
      if (job.state !== "completed" && job.state !== "failed") throw new Error(`the job is ${job.state}`);
      return job;
    });

  test("is ready when Postgres, Redis and the directory are", async () => {
    expect(await send("GET", "/health/ready")).toEqual({ status: "ok", checks: { database: "ok", blobs: "ok", redis: "ok" } });
  });

  test("runs an http job, by name, on the address it was judged by", async () => {
    expect(await finished(await enqueueCall(`${targetUrl}/ok`))).toMatchObject({
      state: "completed",
      result: { body: { greeting: "hello" } },
    });
  });

  test.each(["http://169.254.169.254/", "http://10.0.0.1/", "http://[::ffff:10.0.0.1]/"])("does not call %s", async (to) => {
    const job = await finished(await enqueueCall(to, { maxAttempts: 1 }));
    expect(job).toMatchObject({ state: "failed", error: { code: "address_refused" } });
  });

  test("wakes a runner that waits, and takes its result", async () => {
    const waiting = send("POST", "/api/v1/leases", { runnerId: "runner-1", queues: ["gpu"], max: 1, waitSeconds: 20 });
    await eventually(async () => expect(await send("GET", "/api/v1/runners")).toMatchObject({ items: [{ id: "runner-1" }] }));
    const { id } = await send("POST", "/api/v1/jobs", { queue: "gpu", kind: "command" });
    const { leases } = await waiting;
    const item = { leaseToken: leases[0].leaseToken, outcome: "completed", result: 3 };
    await send("POST", "/api/v1/leases/settle", { runnerId: "runner-1", items: [item] });
    expect(await send("GET", `/api/v1/jobs/${id}`)).toMatchObject({ state: "completed", result: 3 });
  });

  test("tells a WebSocket what happens to its job, and closes one without a token", async () => {
    const { id } = await send("POST", "/api/v1/jobs", { queue: "watched", kind: "command" });
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, [`access_token.${adminKey}`]);
    const heard: unknown[] = [];
    socket.addEventListener("message", ({ data }) => heard.push(JSON.parse(data)));
    socket.addEventListener("open", () => socket.send(JSON.stringify({ action: "subscribe", jobId: id })));
    await eventually(async () => expect(heard).toMatchObject([{ message: "subscribed" }, { status: "queued", seq: 1 }]));
    await send("POST", `/api/v1/jobs/${id}/cancel`);
    await eventually(async () => expect(heard[2]).toMatchObject({ status: "cancelled", seq: 2 }));
    socket.close();
    const stranger = new WebSocket(`${url.replace("http", "ws")}/ws`);
    const closed = await new Promise<CloseEvent>((resolve) => stranger.addEventListener("close", resolve));
    expect(closed.code).toBe(1008);
  });

  test("streams events, and resumes", async () => {
    const { id } = await send("POST", "/api/v1/jobs", { queue: "streamed", kind: "command" });
    const response = await ask(`/api/v1/events?jobId=${id}`, { headers: { "last-event-id": "0-1" } });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    while (!text.includes("job.enqueued")) text += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
  });

  test("keeps an upload in its directory and gives it back, whole and in part", async () => {
    const bytes = randomBytes(3_000_000);
    const response = await ask("/api/v1/uploads", {
      method: "POST",
      body: bytes,
      headers: { "content-type": "application/octet-stream", "x-filename": "a.bin" },
    });
    const upload = (await response.json()) as { id: string };
    expect(upload).toMatchObject({ sizeBytes: bytes.byteLength, sha256: createHash("sha256").update(bytes).digest("hex") });
    const whole = await ask(`/api/v1/uploads/${upload.id}/content`);
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const part = await ask(`/api/v1/uploads/${upload.id}/content`, { headers: { range: "bytes=-10" } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(-10))).toBe(true);
  });

  test("serves the dashboard", async () => {
    const page = await fetch(`${url}/jobs`, { headers: { accept: "text/html" } });
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'/);
  });
});
