// Jobs that take their executor down, and the shortest leases there are, with the real runner.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/servers/free-port.ts";
import { type Millrace, startMillrace } from "../support/start-millrace.ts";

const directory = mkdtempSync(join(tmpdir(), "millrace-poison-"));
const LEASE_SECONDS = 5;
let millrace: Millrace;

beforeAll(async () => {
  const crash =
    'i=1; while [ $i -le 100 ]; do echo "line $i" >&2; i=$((i+1)); done; echo "out of luck in attempt $MILLRACE_ATTEMPT" >&2; kill -SEGV $$';
  const commands = {
    crash: { argv: ["/bin/sh", "-c", crash] },
    silent: { argv: ["/bin/sleep", String(LEASE_SECONDS + 1.5)] },
  };
  writeFileSync(join(directory, "runner.json"), JSON.stringify({ commands }));
  const env = {
    RUNNER_CONFIG: join(directory, "runner.json"),
    RUNNER_QUEUES: "commands",
    RUNNER_LEASE_SECONDS: String(LEASE_SECONDS),
    RUNNER_CONCURRENCY: "2",
  };
  millrace = await startMillrace({ env });
}, 120_000);
afterAll(async () => {
  await millrace?.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function ask(method: string, path: string, json?: unknown) {
  const headers = { authorization: `Bearer ${millrace.adminKey}`, ...(json ? { "content-type": "application/json" } : {}) };
  const response = await fetch(`${millrace.url}${path}`, { method, headers, body: json ? JSON.stringify(json) : null });
  return response.json();
}

const runCommand = (command: string) =>
  ask("POST", "/api/v1/jobs", { queue: "commands", kind: "command", payload: { command }, backoff: { type: "fixed", baseSeconds: 0 } });

const untilOver = (id: string) =>
  eventually(async () => {
    const job = await ask("GET", `/api/v1/jobs/${id}`);
    if (job.finishedAt === null) throw new Error(`the job is ${JSON.stringify(job)}`);
    return job;
  });

test("a command that crashes each time fails after its last attempt, with its last words in the error, and the runner lives on", async () => {
  const { id } = await runCommand("crash");
  const job = await untilOver(id);
  expect(job).toMatchObject({ state: "failed", attempt: 3, maxAttempts: 3, result: null });
  const words = JSON.stringify(job.error);
  expect(words).toContain("out of luck in attempt 3");
  expect(words).toContain("line 100");
  const { items } = await ask("GET", `/api/v1/jobs/${id}/attempts`);
  expect(items.map(({ number, outcome }: { number: number; outcome: string }) => [number, outcome])).toEqual([
    [1, "failed"],
    [2, "failed"],
    [3, "failed"],
  ]);
  const logs = await ask("GET", `/api/v1/jobs/${id}/logs`);
  expect(logs.items.filter(({ line }: { line: string }) => line === "line 100")).toHaveLength(3);
});

test("with leases of five seconds, a job that is silent for longer runs once, at once, also after a long idle time", {
  timeout: 40_000,
}, async () => {
  // Real time has to pass: the runner's wait for work outlasts a lease.
  await sleep((LEASE_SECONDS + 1) * 1000);
  const { id } = await runCommand("silent");
  const job = await untilOver(id);
  expect(job).toMatchObject({ state: "completed", attempt: 1 });
  expect(Date.parse(job.startedAt) - Date.parse(job.createdAt)).toBeLessThan(2000);
});
