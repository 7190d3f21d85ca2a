// A deployment as the end-to-end suite sees it: an address, a key with scope `admin`, and what it is known to have.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

export type E2eTarget = {
  baseUrl: string;
  key: string;
  capabilities: {
    /** A URL that answers 200 and that the deployment's `http` jobs may call; null where there is none. */
    httpUrl: string | null;
    webSocket: boolean;
  };
};

// biome-ignore lint/suspicious/noExplicitAny: the suite looks into bodies of every shape
type Body = any;
export type Answer = { status: number; headers: Headers; text: string; body: Body };
export type Ask = { json?: unknown; body?: RequestInit["body"]; headers?: Record<string, string>; key?: string | null };
export type Lease = { leaseToken: string; job: { id: string; attempt: number; payload: unknown; kind: string } };

export type Site = E2eTarget & {
  /** Authorization of the key. */
  headers: Record<string, string>;
  ask(method: string, path: string, ask?: Ask): Promise<Answer>;
  /** The body of an answer with this status. */
  expect(status: number, request: string, ask?: Ask): Promise<Body>;
  /** A queue that nobody else uses. */
  newQueue(): string;
  enqueue(job: Record<string, unknown>): Promise<Body>;
  lease(queue: string, more?: Record<string, unknown>): Promise<Lease[]>;
  /** Settles one lease; what was answered about it. */
  settle(lease: Lease, item: Record<string, unknown>): Promise<{ status: string; state: string | null }>;
};

/** One thing that every deployment must do. It throws where this one does not. */
export type E2eCase = { title: string; needs?: (capabilities: E2eTarget["capabilities"]) => boolean; run(site: Site): Promise<void> };

export const RUNNER = "e2e-runner";

export function visit(target: E2eTarget): Site {
  const baseUrl = target.baseUrl.replace(/\/+$/, "");
  const ask: Site["ask"] = async (method, path, { json, body, headers = {}, key = target.key } = {}) => {
    const sent = json === undefined ? body : JSON.stringify(json);
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      redirect: "manual",
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  };
  const expect: Site["expect"] = async (status, request, more) => {
    const [method = "GET", path = "/"] = request.split(" ");
    const answer = await ask(method, path, more);
    assert.equal(answer.status, status, `${request} answered ${answer.status}, not ${status}: ${answer.text.slice(0, 500)}`);
    return answer.body;
  };
  return {
    ...target,
    baseUrl,
    headers: { authorization: `Bearer ${target.key}` },
    ask,
    expect,
    newQueue: () => `e2e-${randomUUID()}`,
    enqueue: (job) => expect(201, "POST /api/v1/jobs", { json: job }),
    async lease(queue, more = {}) {
      const json = { runnerId: RUNNER, queues: [queue], max: 1, leaseSeconds: 60, waitSeconds: 0, ...more };
      return (await expect(200, "POST /api/v1/leases", { json })).leases;
    },
    async settle({ leaseToken }, item) {
      const json = { runnerId: RUNNER, items: [{ leaseToken, ...item }] };
      return (await expect(200, "POST /api/v1/leases/settle", { json })).items[0];
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The one of a list that must be there. */
export function only<Item>(items: readonly Item[]): Item {
  assert.equal(items.length, 1, `expected one, got ${items.length}`);
  return items[0] as Item;
}
