// The edge deployment of one test file, and a client for it.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, inject } from "vitest";
import { eventually } from "../../support/servers/free-port.ts";
import { type EdgeUnderTest, startEdge } from "../../support/start-edge.ts";

export interface EdgeApi extends EdgeUnderTest {
  /** A server that `http` jobs call: answers 200, or 503 on /broken. */
  targetUrl: string;
  /** The paths it was called with. */
  targetCalls: string[];
  ask(method: string, path: string, init?: RequestInit & { json?: unknown }): Promise<Response>;
  /** The JSON of an answer that must be 2xx. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  send(method: string, path: string, json?: unknown): Promise<any>;
  /** Enqueues an `http` job for a path of the target; its id. */
  enqueueCall(path: string, fields?: object): Promise<string>;
  /** The job once it is over. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  finished(id: string): Promise<any>;
}

/** Runs the suite against a deployment of its own; `redisDatabase` is the number of a Redis database nobody else uses. */
export function describeEdge(name: string, redisDatabase: number, suite: (edge: () => EdgeApi) => void): void {
  describe.skipIf(inject("postgresUrl") === null || inject("redisUrl") === null)(name, () => {
    let api: EdgeApi | undefined;
    let target: Server | undefined;
    beforeAll(async () => {
      const targetCalls: string[] = [];
      target = createServer((request, response) => {
        targetCalls.push(request.url ?? "");
        response.writeHead(request.url === "/broken" ? 503 : 200, { "content-type": "application/json" }).end('{"greeting":"hello"}');
      });
      await new Promise<void>((resolve) => target?.listen(0, "127.0.0.1", resolve));
      const targetUrl = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
      api = extend(await startEdge(redisDatabase), { targetUrl, targetCalls });
    });
    afterAll(async () => {
      await api?.close();
      target?.closeAllConnections();
      target?.close();
    });
    suite(() => {
      if (!api) throw new Error("The deployment exists from beforeAll on: call edge() inside a test or a hook.");
      return api;
    });
  });
}

function extend(edge: EdgeUnderTest, target: Pick<EdgeApi, "targetUrl" | "targetCalls">): EdgeApi {
  const api: EdgeApi = {
    ...edge,
    ...target,
    ask(method, path, { json, ...init } = {}) {
      const headers = new Headers(init.headers);
      headers.set("authorization", `Bearer ${edge.adminKey}`);
      if (json !== undefined) headers.set("content-type", "application/json");
      return fetch(`${edge.url}${path}`, { ...init, method, headers, ...(json === undefined ? {} : { body: JSON.stringify(json) }) });
    },
    async send(method, path, json) {
      const response = await api.ask(method, path, { json });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
      return JSON.parse(text);
    },
    async enqueueCall(path, fields = {}) {
      const payload = { url: `${target.targetUrl}${path}` };
      return (await api.send("POST", "/api/v1/jobs", { queue: "calls", kind: "http", payload, ...fields })).id;
    },
    finished: (id) =>
      eventually(async () => {
        const job = await api.send("GET", `/api/v1/jobs/${id}`);
        if (!["completed", "failed", "cancelled"].includes(job.state)) throw new Error(`the job is ${job.state}`);
        return job;
      }),
  };
  return api;
}
