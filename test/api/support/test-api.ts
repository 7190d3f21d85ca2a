// The API of one test file: workerd with the built bundle on a database of its own, and a client that hides nothing.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, inject } from "vitest";
import type { Scope } from "../../../src/contract/key.ts";
import { PROBLEMS, type Problem, type ProblemCode } from "../../../src/contract/problem.ts";
import type { WorkerSettings } from "../../../src/entry/worker-settings.ts";
import { createTestDatabase, type TestDatabase } from "../../support/databases.ts";
import { startApi, type TestApi } from "../../support/start-millrace.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
export type Answer = { status: number; headers: Headers; text: string; body: any };

export type Ask = {
  json?: unknown;
  body?: RequestInit["body"];
  headers?: Record<string, string>;
  /** The API key; null sends none. The admin's by default. */
  key?: string | null;
  signal?: AbortSignal;
};

export interface ApiUnderTest extends TestApi {
  database: TestDatabase;
  ask(method: string, path: string, ask?: Ask): Promise<Answer>;
  /** The JSON of an answer that must be 2xx. */
  get<Body = Answer["body"]>(path: string): Promise<Body>;
  post<Body = Answer["body"]>(path: string, json?: unknown, ask?: Ask): Promise<Body>;
  /** A new key with these scopes. */
  makeKey(...scopes: Scope[]): Promise<string>;
  /** How many rows there are that a request could have written. */
  countRows(): Promise<Record<string, number>>;
}

/** Starts it before the file's tests; call the result inside a test or hook. */
export function testApi(settings: Partial<WorkerSettings> = {}): () => ApiUnderTest {
  let api: ApiUnderTest | undefined;
  beforeAll(async () => {
    // On a machine without Postgres the same tests run on PGlite, which has one session.
    const engine = inject("postgresUrl") === null ? "pglite" : "postgres";
    const database = await createTestDatabase(engine);
    const databaseConnections = Math.min(8, database.poolSize);
    api = extend(await startApi({ databaseUrl: database.url, settings: { databaseConnections, ...settings } }), database);
  });
  afterAll(async () => {
    await api?.stop();
    await api?.database.drop();
  });
  return () => {
    if (!api) throw new Error("The API exists from beforeAll on: call this inside a test or a hook.");
    return api;
  };
}

const TABLES = ["jobs", "finished_jobs", "queues", "uploads", "api_keys", "idempotency_keys", "runners", "result_versions"] as const;

function extend(running: TestApi, database: TestDatabase): ApiUnderTest {
  const ask: ApiUnderTest["ask"] = async (method, path, { json, body, headers = {}, key = running.adminKey, signal } = {}) => {
    const all: Record<string, string> = { ...headers };
    if (key !== null) all.authorization = `Bearer ${key}`;
    if (json !== undefined) all["content-type"] ??= "application/json";
    const init: RequestInit & { duplex?: "half" } = { method, headers: all, redirect: "manual", duplex: "half" };
    if (json !== undefined) init.body = JSON.stringify(json);
    else if (body !== undefined) init.body = body;
    if (signal) init.signal = signal;
    const response = await fetch(`${running.url}${path}`, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  };
  const succeed = async (method: string, path: string, options?: Ask) => {
    const answer = await ask(method, path, options);
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer.body;
  };
  return {
    ...running,
    database,
    ask,
    get: (path) => succeed("GET", path),
    post: (path, json, options) => succeed("POST", path, { ...options, ...(json === undefined ? {} : { json }) }),
    makeKey: async (...scopes) => (await succeed("POST", "/api/v1/keys", { json: { name: scopes.join("+"), scopes } })).key,
    async countRows() {
      const counts = TABLES.map((table) => `(select count(*)::int from millrace.${table}) as ${table}`);
      const [row] = await database.sql.unsafe(`select ${counts.join(", ")}`);
      return { ...row } as Record<string, number>;
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

const INNARDS = /\bat .+:\d+:\d+|\.ts:\d+|worker\.js|select .+ from|insert into|millrace\.\w+_\w+\(|PostgresError|SQLSTATE|node_modules/i;

/** Fails unless the answer is this problem, whole and without a word about our innards. Returns the problem. */
export function expectProblem(answer: Answer, code: ProblemCode): Problem {
  expect(answer, answer.text).toMatchObject({ status: PROBLEMS[code].status, body: { code } });
  expect(answer.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
  const problem = answer.body as Problem;
  expect(problem).toMatchObject({ status: answer.status, title: PROBLEMS[code].title, type: `/api/docs#problem-${code}` });
  expect(problem.requestId).toBe(answer.headers.get("x-request-id"));
  expect(problem.detail.length).toBeGreaterThan(10);
  expect(answer.text).not.toMatch(INNARDS);
  return problem;
}

/** A queue name that no other test uses. */
export const newQueue = () => `q-${randomUUID()}`;

/** A body whose length is not declared. */
export function inChunks(...chunks: Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
  });
}
