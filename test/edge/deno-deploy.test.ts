// The edge profile on Deno, with no more permissions than Deno Deploy gives: network and variables, no files, no programs.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { eventually } from "../support/servers/free-port.ts";
import { type EdgeVendors, startVendors } from "../support/start-edge.ts";
import { type DenoProcess, startDeno } from "./support/deno-process.ts";

describe.skipIf(inject("postgresUrl") === null || inject("redisUrl") === null)("The edge profile on Deno", () => {
  let vendors: EdgeVendors;
  let deno: DenoProcess;
  let target: Server;
  let targetUrl: string;

  beforeAll(async () => {
    target = createServer((_request, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end('{"greeting":"hello"}'),
    );
    await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
    targetUrl = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
    vendors = await startVendors(6);
    deno = await startDeno(["--allow-net", "--allow-env"], ({ url }) => ({ ...vendors.variables(url), HOST: "127.0.0.1" }));
  });
  afterAll(async () => {
    await deno?.stop();
    await vendors?.close();
    target?.closeAllConnections();
    target?.close();
  });

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${deno.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${vendors.adminKey}`, "content-type": "application/json", ...init.headers },
    });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  async function send(method: string, path: string, json?: unknown): Promise<any> {
    const response = await ask(path, { method, body: json === undefined ? null : JSON.stringify(json) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }
  async function openSocket() {
    const socket = new WebSocket(`${deno.url.replace("http", "ws")}/ws`, [`access_token.${vendors.adminKey}`]);
    const heard: unknown[] = [];
    socket.addEventListener("message", ({ data }) => heard.push(JSON.parse(data)));
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    return {
      heard,
      subscribe: (jobId: string) => socket.send(JSON.stringify({ action: "subscribe", jobId })),
      close: () => socket.close(),
    };
  }

  test("runs an http job, for which the consumers are sent through QStash", async () => {
    const { id } = await send("POST", "/api/v1/jobs", { queue: "calls", kind: "http", payload: { url: `${targetUrl}/ok` } });
    await eventually(async () => expect(await send("GET", `/api/v1/jobs/${id}`)).toMatchObject({ state: "completed", attempt: 1 }));
    await eventually(async () => expect(vendors.qstash.deliveries).toMatchObject([{ status: 200 }]));
  });

  test("wakes a runner that waits", async () => {
    const waiting = send("POST", "/api/v1/leases", { runnerId: "runner-1", queues: ["gpu"], max: 1, waitSeconds: 20 });
    await eventually(async () => expect(await send("GET", "/api/v1/runners")).toMatchObject({ items: [{ id: "runner-1" }] }));
    const { id } = await send("POST", "/api/v1/jobs", { queue: "gpu", kind: "command" });
    expect(await waiting).toMatchObject({ leases: [{ job: { id } }] });
  });

  test("tells a WebSocket what happens to its job, also after Upstash broke off", async () => {
    const { id } = await send("POST", "/api/v1/jobs", { queue: "watched", kind: "command" });
    const socket = await openSocket();
    socket.subscribe(id);
    await eventually(async () => expect(socket.heard).toMatchObject([{ message: "subscribed" }, { status: "queued" }]));
    vendors.upstash.dropSubscribers();
    await send("POST", `/api/v1/jobs/${id}/cancel`);
    await eventually(async () => expect(socket.heard[2]).toMatchObject({ jobId: id, status: "cancelled" }));
    socket.close();
  });

  test("streams events since the last one that was heard", async () => {
    const { id } = await send("POST", "/api/v1/jobs", { queue: "streamed", kind: "command" });
    const response = await ask(`/api/v1/events?jobId=${id}`, { headers: { "last-event-id": "0-1" } });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    let text = "";
    while (!text.includes("job.enqueued")) text += decoder.decode((await reader.read()).value, { stream: true });
    await send("POST", `/api/v1/jobs/${id}/cancel`);
    while (!text.includes("job.cancelled")) text += decoder.decode((await reader.read()).value, { stream: true });
    expect(text.match(/event: job\.enqueued/g)).toHaveLength(1);
    await reader.cancel();
  });

  test("refuses what QStash did not sign", async () => {
    const response = await fetch(`${deno.url}/internal/queues/calls`, { method: "POST", body: "{}" });
    expect(response.status).toBe(401);
  });
});
