// One self-hosted process as `npm run start:selfhost` runs it, to be killed and started again, and a client of it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildIfStale, ROOT } from "../../../scripts/build/build-if-stale.ts";
import { guard } from "../../../src/entry/local/guard.ts";
import { eventually, freePort } from "../../support/servers/free-port.ts";
import { makeTestKey, NODE } from "../../support/start-millrace.ts";

export type Answer = { status: number; headers: Headers; body: Body };
// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
type Body = any;

export type MillraceProcess = {
  readonly url: string;
  readonly key: string;
  readonly headers: Record<string, string>;
  log(): string;
  ask(method: string, path: string, json?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The body of an answer that must be 2xx. */
  get(path: string): Promise<Body>;
  post(path: string, json?: unknown, headers?: Record<string, string>): Promise<Body>;
  /** Starts it; resolves when it answers, ready or not. */
  start(): Promise<void>;
  /** Ends the supervisor, and with SIGKILL workerd at the same moment. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
};

export type Deployment = {
  start(options: { role: "api" | "consumer" | "all"; env?: Record<string, string> }): Promise<MillraceProcess>;
  /** Ends every process and removes their data. */
  stop(): Promise<void>;
};

/** Processes over one Postgres and one Redis, with one admin key. */
export async function deploy({ databaseUrl, redisUrl }: { databaseUrl: string; redisUrl: string }): Promise<Deployment> {
  await buildIfStale();
  const data = mkdtempSync(join(tmpdir(), "millrace-selfhost-"));
  const adminKey = makeTestKey();
  const processes: MillraceProcess[] = [];
  return {
    async start({ role, env = {} }) {
      const port = await freePort();
      const environment = {
        PATH: process.env.PATH,
        DATABASE_URL: databaseUrl,
        REDIS_URL: redisUrl,
        ROLE: role,
        PORT: String(port),
        MILLRACE_DATA: data,
        MILLRACE_ADMIN_KEY: adminKey,
        MILLRACE_HTTP_ALLOW: "127.0.0.0/8",
        MILLRACE_DATABASE_CONNECTIONS: "5",
        ...env,
      };
      const started = createProcess({ url: `http://127.0.0.1:${port}`, adminKey, environment });
      processes.push(started);
      await started.start();
      return started;
    },
    async stop() {
      await Promise.all(processes.map((one) => one.end("SIGKILL")));
      rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

type Making = { url: string; adminKey: string; environment: Record<string, string | undefined> };

function createProcess({ url, adminKey, environment }: Making): MillraceProcess {
  const headers = { authorization: `Bearer ${adminKey}` };
  let log = "";
  let pid: number | undefined;
  let gone: Promise<unknown> = Promise.resolve();
  const ask: MillraceProcess["ask"] = async (method, path, json, more = {}) => {
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...headers, ...(json === undefined ? {} : { "content-type": "application/json" }), ...more },
      ...body,
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text.trim().startsWith("{") ? JSON.parse(text) : text,
    };
  };
  const succeed: typeof ask = async (...request) => {
    const answer = await ask(...request);
    if (answer.status >= 300) throw new Error(`${request[0]} ${request[1]} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer;
  };
  return {
    url,
    key: adminKey,
    headers,
    log: () => log,
    ask,
    get: async (path) => (await succeed("GET", path)).body,
    post: async (path, json, more) => (await succeed("POST", path, json, more)).body,
    async start() {
      const child = spawn(NODE, [join(ROOT, "src/entry/selfhost.ts")], {
        env: environment,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          log = (log + text).slice(-50_000);
        });
      }
      pid = child.pid;
      const release = guard(pid as number);
      let isGone = false;
      gone = new Promise<void>((resolve) => child.once("close", () => resolve())).then(() => {
        isGone = true;
        pid = undefined;
        release();
      });
      await eventually(() => ask("GET", "/health/ready"), {
        giveUp: () => {
          if (isGone) throw new Error(`it ended early:\n${log}`);
        },
      });
    },
    async end(signal) {
      if (pid === undefined) return;
      // The whole group, as a machine that loses power; else the supervisor alone, as systemd and Docker do.
      process.kill(signal === "SIGKILL" ? -pid : pid, signal);
      await gone;
    },
  };
}
