// A thousand jobs while runner, API and database are killed in turn: every acknowledged job ends, once, and soon.
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Attempt, Job } from "../../src/contract/job.ts";
import { createRandom } from "../history/random.ts";
import { eventually } from "../support/servers/free-port.ts";
import { type Millrace, startMillrace } from "../support/start-millrace.ts";
import { startScriptedRunner } from "./scripted-runner.ts";

const JOBS = Number(process.env.MILLRACE_CHAOS_JOBS ?? 1000);
const KILLS = Number(process.env.MILLRACE_CHAOS_KILLS ?? 9);
const SEED = Number(process.env.MILLRACE_CHAOS_SEED ?? Date.now() % 1_000_000);
const BATCH = 10;
/** One of ten is a command, which the real runner runs as a process. */
const COMMANDS_IN_TEN = 1;
const LEASE_SECONDS = 5;
/** After the last kill and enqueue: one lease, one sweep, the processes' starts, and what work is left. */
const SETTLED_SECONDS = LEASE_SECONDS + 25;
const VICTIMS = ["runner", "api", "database"] as const;

const directory = mkdtempSync(join(tmpdir(), "millrace-chaos-"));
const journal = join(directory, "journal");
let millrace: Millrace;

beforeAll(async () => {
  const note = 'echo "$MILLRACE_JOB_ID $MILLRACE_ATTEMPT" >> "$JOURNAL"';
  const commands = { note: { argv: ["/bin/sh", "-c", note], env: { JOURNAL: journal } } };
  writeFileSync(join(directory, "runner.json"), JSON.stringify({ commands }));
  millrace = await startMillrace({
    env: {
      RUNNER_CONFIG: join(directory, "runner.json"),
      RUNNER_QUEUES: "commands",
      RUNNER_LEASE_SECONDS: String(LEASE_SECONDS),
      RUNNER_CONCURRENCY: "2",
      MILLRACE_SWEEP_SECONDS: "1",
    },
  });
}, 120_000);
afterAll(async () => {
  await millrace?.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function ask<Answer>(method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${millrace.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${millrace.adminKey}`, ...(json ? { "content-type": "application/json" } : {}), ...headers },
    body: json ? JSON.stringify(json) : null,
    signal: AbortSignal.timeout(15_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Answer;
}

/** Enqueues everything, repeating a batch whose answer was lost under the same key. Returns the acknowledged ids. */
async function enqueueAll(): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let made = 0; made < JOBS; made += BATCH) {
    const jobs = Array.from({ length: Math.min(BATCH, JOBS - made) }, (_, n) => {
      const command = { queue: "commands", kind: "command", payload: { command: "note" } };
      const noop = { queue: "noops", kind: "noop" };
      return { ...(n < COMMANDS_IN_TEN ? command : noop), maxAttempts: 50, backoff: { type: "fixed", baseSeconds: 0 }, tags: ["chaos"] };
    });
    const key = { "idempotency-key": randomUUID() };
    const enqueue = () => ask<{ items: { id: string }[] }>("POST", "/api/v1/jobs/batch", { jobs }, key);
    const { items } = await eventually(enqueue, { seconds: 60 });
    acknowledged.push(...items.map(({ id }) => id));
  }
  return acknowledged;
}

/** Kills one process after the other, each once it runs again, at random moments. */
async function killInTurn(random: ReturnType<typeof createRandom>): Promise<void> {
  for (let n = 0; n < KILLS; n++) {
    await new Promise((resolve) => setTimeout(resolve, random.int(300, 1800)));
    const victim = VICTIMS[n % VICTIMS.length] as (typeof VICTIMS)[number];
    await eventually(async () => {
      if (!millrace.killChild(victim)) throw new Error(`the ${victim} does not run`);
    });
  }
}

async function listAll(): Promise<Job[]> {
  const jobs: Job[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: { items: Job[]; nextCursor: string | null } = await ask(
      "GET",
      `/api/v1/jobs?tag=chaos&limit=200${cursor && `&cursor=${cursor}`}`,
    );
    jobs.push(...page.items);
    cursor = page.nextCursor;
  }
  return jobs;
}

test(`${JOBS} jobs survive ${KILLS} kills: each acknowledged one ends completed, exactly once`, { timeout: 240_000 }, async () => {
  console.log(`chaos seed ${SEED} (MILLRACE_CHAOS_SEED repeats it)`);
  const random = createRandom(SEED);
  const runners = ["a", "b"].map((name) =>
    startScriptedRunner({ url: millrace.url, key: millrace.adminKey, runnerId: `scripted-${name}`, queue: "noops" }),
  );
  const [acknowledged] = await Promise.all([enqueueAll(), killInTurn(random)]);
  const calmSince = Date.now();
  const jobs = await eventually(
    async () => {
      const all = await listAll();
      const open = all.filter(({ state }) => state !== "completed");
      if (open.length > 0) throw new Error(`${open.length} jobs are still open, such as ${JSON.stringify(open[0])}`);
      return all;
    },
    { seconds: SETTLED_SECONDS },
  );
  const seconds = (Date.now() - calmSince) / 1000;
  await Promise.all(runners.map((runner) => runner.stop()));
  console.log(
    `all ended ${seconds.toFixed(1)} s after the last kill and the last enqueue; ${jobs.filter(({ attempt }) => attempt > 1).length} needed another attempt`,
  );

  // A batch whose answer was lost exists once, and nothing exists that was not acknowledged in the end.
  expect(jobs.map(({ id }) => id).sort()).toEqual([...acknowledged].sort());
  // No completion was acknowledged for two attempts of one job.
  for (const { completed } of runners) for (const [id, tokens] of completed) expect(tokens.size, id).toBe(1);
  const acknowledgedTwice = [...(runners[0]?.completed.keys() ?? [])].filter((id) => runners[1]?.completed.has(id));
  expect(acknowledgedTwice).toEqual([]);
  const completions = jobs.filter(({ queue }) => queue === "noops").map(({ id }) => id);
  for (const { completed } of runners) for (const id of completed.keys()) expect(completions).toContain(id);

  // Each job's history has one completed attempt, its last; every command that completed did run.
  for (const job of jobs.filter(({ attempt, kind }) => attempt > 1 || kind === "command")) {
    const { items } = await ask<{ items: Attempt[] }>("GET", `/api/v1/jobs/${job.id}/attempts`);
    expect(
      items.filter(({ outcome }) => outcome === "completed"),
      job.id,
    ).toHaveLength(1);
    expect(items.at(-1)?.outcome).toBe("completed");
  }
  const ran = existsSync(journal) ? readFileSync(journal, "utf8").trim().split("\n") : [];
  const commands = jobs.filter(({ kind }) => kind === "command");
  for (const { id, attempt } of commands) expect(ran).toContain(`${id} ${attempt}`);

  // The counters that /metrics reads agree with the rows.
  const { counts } = await ask<{ counts: Record<string, number> }>("GET", "/api/v1/queues/commands");
  expect(counts).toMatchObject({ completed: commands.length, queued: 0, running: 0, scheduled: 0, failed: 0, cancelled: 0 });
});
