// `npm start` for real: what it says, what it refuses, and that kill -9 of any of its processes loses nothing.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findFreePort } from "../../src/entry/local/ports.ts";
import { isRunning } from "../../src/entry/local/processes.ts";

const ENTRY = fileURLToPath(new URL("../../src/entry/local.ts", import.meta.url));
const ADMIN_KEY = "mr_0123456789abcdefghijklmnopqrstuvwxyz";

class Local {
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  output = "";

  constructor(args: string[], env: Record<string, string> = {}) {
    this.process = spawn(process.execPath, [ENTRY, ...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.process.stdout, this.process.stderr]) stream?.on("data", (chunk) => (this.output += chunk));
    this.exited = new Promise((resolve) => this.process.once("exit", (code) => resolve(code)));
  }

  async untilRunning(): Promise<this> {
    const isRunning = vi.waitUntil(() => this.output.includes("Millrace is running"), { timeout: 90_000 });
    await Promise.race([isRunning, this.exited.then(() => Promise.reject(new Error(`It did not start: ${this.output}`)))]);
    return this;
  }
}

let directory: string;
let data: string;
let port: number;
let local: Local;

const args = () => ["--port", String(port), "--data", data];
const children = () => (JSON.parse(readFileSync(join(data, "lock"), "utf8")) as { children: Record<string, number> }).children;
const api = async (path: string, init: RequestInit = {}, key = ADMIN_KEY) =>
  fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  });
const isReady = () =>
  fetch(`http://127.0.0.1:${port}/health/ready`).then(
    (response) => response.ok,
    () => false,
  );

async function enqueue(): Promise<string> {
  const response = await api("/jobs", { method: "POST", body: JSON.stringify({ queue: "gpu", kind: "held", delaySeconds: 3600 }) });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "millrace-local-"));
  data = join(directory, "data");
  port = await findFreePort();
  local = await new Local(args(), { MILLRACE_ADMIN_KEY: ADMIN_KEY }).untilRunning();
});
afterAll(async () => {
  local.process.kill("SIGTERM");
  await local.exited;
  rmSync(directory, { recursive: true, force: true });
});

describe("npm start", () => {
  test("says where to look, and keeps a key of its owner's choosing to itself", () => {
    expect(local.output).toContain(`http://localhost:${port}`);
    expect(local.output).toContain(data);
    expect(local.output).not.toContain(ADMIN_KEY);
  });

  test("serves the dashboard under a strict policy, and the API beside it", async () => {
    const page = await fetch(`http://127.0.0.1:${port}/jobs/any`, { headers: { accept: "text/html" } });
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
    const again = await fetch(`http://127.0.0.1:${port}/`, { headers: { "if-none-match": page.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
    const missing = await fetch(`http://127.0.0.1:${port}/nothing.js`);
    expect([missing.status, missing.headers.get("content-type")]).toEqual([404, "application/problem+json; charset=utf-8"]);
    expect((await api("/queues")).status).toBe(200);
    expect((await api("/queues", {}, `${ADMIN_KEY}x`)).status).toBe(401);
  });

  test("refuses a second Millrace on the same data, and says what to do", async () => {
    const second = new Local(["--port", String(await findFreePort()), "--data", data]);
    expect(await second.exited).toBe(1);
    expect(second.output).toMatch(/Another Millrace \(process \d+\) is using .*\n.*--data/);
    expect(await isReady()).toBe(true);
  });

  test("refuses a taken port before it touches any data, and says what to do", async () => {
    const second = new Local(["--port", String(port), "--data", join(directory, "untouched")]);
    expect(await second.exited).toBe(1);
    expect(second.output).toMatch(/Port \d+ is taken.*\n.*--port/);
    expect(() => readFileSync(join(directory, "untouched", "lock"))).toThrow(/ENOENT/);
  });

  test("refuses a data directory that is none, and arguments it does not know", async () => {
    writeFileSync(join(directory, "file"), "");
    const onFile = new Local(["--port", String(await findFreePort()), "--data", join(directory, "file")]);
    expect(await onFile.exited).toBe(1);
    expect(onFile.output).toMatch(/cannot be written.*\n.*--data/);
    const unknown = new Local(["--wrong"]);
    expect(await unknown.exited).toBe(2);
    expect(unknown.output).toContain("Usage: npm start");
  });

  test.each(["api", "database", "runner"])("heals from kill -9 of its %s, with every acknowledged job still there", async (name) => {
    const job = await enqueue();
    const before = children()[name] as number;
    process.kill(before, "SIGKILL");
    await expect.poll(() => children()[name] ?? before, { timeout: 20_000 }).not.toBe(before);
    await expect.poll(isReady, { timeout: 20_000 }).toBe(true);
    expect((await api(`/jobs/${job}`)).status).toBe(200);
    expect(local.output).toMatch(new RegExp(`The ${name === "api" ? "API" : name} was ended by SIGKILL; starting it again`));
  });

  test("leaves no process behind when it is killed itself, and starts again on the same data", async () => {
    const job = await enqueue();
    const left = Object.values(children());
    expect(left).toHaveLength(3);
    local.process.kill("SIGKILL");
    await local.exited;
    const restarted = await new Local(args(), { MILLRACE_ADMIN_KEY: ADMIN_KEY }).untilRunning();
    local = restarted;
    expect(left.filter(isRunning)).toEqual([]);
    expect((await api(`/jobs/${job}`)).status).toBe(200);
  });

  test("stops in order on SIGTERM, leaving nothing behind", async () => {
    const running = Object.values(children());
    local.process.kill("SIGTERM");
    expect(await local.exited).toBe(0);
    expect(running.filter(isRunning)).toEqual([]);
    expect(() => readFileSync(join(data, "lock"))).toThrow(/ENOENT/);
  });

  test("the first start without a chosen key makes one and shows it once", async () => {
    data = join(directory, "fresh");
    local = await new Local([...args(), "--no-runner"]).untilRunning();
    const key = /#key=(mr_\S+)/.exec(local.output)?.[1] ?? "";
    expect((await api("/queues", {}, key)).status).toBe(200);
    expect(Object.keys(children()).sort()).toEqual(["api", "database"]);
    local.process.kill("SIGINT");
    expect(await local.exited).toBe(0);
    local = await new Local([...args(), "--no-runner"]).untilRunning();
    expect(local.output).not.toContain("mr_");
    expect((await api("/queues", {}, key)).status).toBe(200);
  });
});
