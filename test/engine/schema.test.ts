// The schema by itself: migrations that may run twice and at once, and constraints that refuse what the code must never write.
import { expect, test } from "vitest";
import { JOB_STATES, type JobState } from "../../src/contract/job.ts";
import { TRANSITIONS } from "../../src/core/states.ts";
import { migrate } from "../../src/db/migrate.ts";
import { LATEST_MIGRATION } from "../../src/db/schema-version.ts";
import { loadMigrations } from "../../src/entry/migrations.ts";
import { describeEngine } from "./describe-engine.ts";

/** A good row of each table, to be spoiled in one column at a time. */
const GOOD = {
  jobs: {
    id: "gen_random_uuid()",
    workspace_id: "1",
    queue: "'work'",
    kind: "'command'",
    state: "'queued'",
    priority: "0",
    attempt: "0",
    max_attempts: "3",
    run_at: "now()",
    created_at: "now()",
    timeout_seconds: "60",
    payload: "'{}'",
    ttl_seconds: "null",
    expires_at: "null",
    lease_token: "null",
    lease_expires_at: "null",
    deadline_at: "null",
    cancel_requested_at: "null",
    progress: "0",
    unique_key: "null",
    backoff: "null",
  },
  finished_jobs: {
    id: "gen_random_uuid()",
    workspace_id: "1",
    queue: "'work'",
    kind: "'command'",
    state: "'completed'",
    priority: "0",
    attempt: "1",
    max_attempts: "3",
    execution: "1",
    run_at: "now()",
    created_at: "now()",
    timeout_seconds: "60",
    payload: "'{}'",
    progress: "1",
    finished_at: "now()",
    lease_token: "gen_random_uuid()",
    outcome: "'completed'",
  },
  queues: {
    workspace_id: "1",
    name: "'good'",
    mode: "'pull'",
    concurrency: "1",
    default_max_attempts: "3",
    default_timeout_seconds: "60",
    retention_seconds: "60",
    default_backoff: "null",
  },
  api_keys: { workspace_id: "1", name: "'k'", scopes: "array['read']", hash: "repeat('0', 64)", session_of: "null", expires_at: "null" },
  attempts: {
    job_id: "gen_random_uuid()",
    execution: "1",
    number: "1",
    lease_token: "gen_random_uuid()",
    outcome: "'lost'",
    started_at: "now()",
    finished_at: "now()",
  },
  job_logs: { job_id: "gen_random_uuid()", seq: "1", at: "now()", stream: "'stdout'", line: "''" },
};
type Table = keyof typeof GOOD;

const BAD: [Table, string, Record<string, string>][] = [
  ["jobs", "an unknown state", { state: "'paused'" }],
  ["jobs", "a terminal state", { state: "'completed'" }],
  ["jobs", "a running job without a lease", { state: "'running'" }],
  ["jobs", "a lease on a job that does not run", { lease_token: "gen_random_uuid()", lease_expires_at: "now()", deadline_at: "now()" }],
  ["jobs", "a lease that never ends", { state: "'running'", lease_token: "gen_random_uuid()", deadline_at: "now()" }],
  ["jobs", "a lease without a deadline", { state: "'running'", lease_token: "gen_random_uuid()", lease_expires_at: "now()" }],
  ["jobs", "a waiting job that is being cancelled", { cancel_requested_at: "now()" }],
  ["jobs", "more attempts than allowed", { attempt: "4" }],
  ["jobs", "a negative attempt", { attempt: "-1" }],
  ["jobs", "no attempts", { max_attempts: "0" }],
  ["jobs", "a priority out of range", { priority: "101" }],
  ["jobs", "a kind that is no name", { kind: "'No Name'" }],
  ["jobs", "a time limit of nothing", { timeout_seconds: "0" }],
  ["jobs", "a time limit that is no number", { timeout_seconds: "'NaN'" }],
  ["jobs", "a time that is never", { run_at: "'infinity'" }],
  ["jobs", "a year of five digits", { run_at: "'10000-01-01 00:00:00+00'" }],
  ["jobs", "a time to live without an end", { ttl_seconds: "60" }],
  ["jobs", "a time to live of nothing", { ttl_seconds: "0", expires_at: "now()" }],
  ["jobs", "an end without a time to live", { expires_at: "now()" }],
  ["jobs", "progress beyond the whole", { progress: "1.5" }],
  ["jobs", "an empty unique key", { unique_key: "''" }],
  ["jobs", "a backoff that cannot be computed with", { backoff: `'{"baseSeconds": "x"}'` }],
  ["finished_jobs", "a state that is not terminal", { state: "'queued'" }],
  ["finished_jobs", "a completed job whose attempt was lost", { outcome: "'lost'" }],
  ["finished_jobs", "an unknown outcome", { state: "'failed'", outcome: "'forgotten'" }],
  ["finished_jobs", "an outcome without a lease", { lease_token: "null" }],
  ["finished_jobs", "a lease without an outcome", { state: "'failed'", outcome: "null" }],
  ["queues", "a name that is none", { name: "'No Name'" }],
  ["queues", "an unknown mode", { mode: "'both'" }],
  ["queues", "a concurrency of nothing", { concurrency: "0" }],
  ["queues", "a retention of seconds", { retention_seconds: "59" }],
  ["queues", "a default of no attempts", { default_max_attempts: "0" }],
  ["queues", "a default time limit of weeks", { default_timeout_seconds: "604801" }],
  ["queues", "a default backoff of an unknown type", { default_backoff: `'{"type": "random"}'` }],
  ["api_keys", "an unknown scope", { scopes: "array['root']" }],
  ["api_keys", "no scope", { scopes: "'{}'" }],
  ["api_keys", "a hash that is none", { hash: "'secret'" }],
  ["attempts", "an unknown outcome", { outcome: "'forgotten'" }],
  ["job_logs", "an unknown stream", { stream: "'stdin'" }],
];

describeEngine("schema", ({ db }) => {
  test("the code asks for the newest migration there is", () => {
    expect(loadMigrations().at(-1)?.name).toBe(LATEST_MIGRATION);
  });

  test("migrations may run again, and many at once, and are applied once", async () => {
    const { sql } = db();
    const all = Array.from({ length: 5 }, () => migrate((statement) => sql.unsafe(statement), loadMigrations()));
    await Promise.all(all);
    const names = (await sql<{ name: string }[]>`select name from millrace.migrations order by name`).map(({ name }) => name);
    expect(names).toEqual(loadMigrations().map(({ name }) => name));
  });

  test("many that migrate an empty database at once all succeed", async () => {
    const { sql } = db();
    await sql`drop schema millrace cascade`;
    await Promise.all(Array.from({ length: 5 }, () => migrate((statement) => sql.unsafe(statement), loadMigrations())));
    expect(await sql`select name from millrace.workspaces`).toEqual([{ name: "default" }]);
  });

  test("a migration that fails leaves nothing behind and is not recorded", async () => {
    const { sql } = db();
    const broken = [...loadMigrations(), { name: "9999_broken", sql: "create table millrace.half (); select 1 / 0;" }];
    await expect(migrate((statement) => sql.unsafe(statement), broken)).rejects.toThrow(/division by zero/);
    expect(
      await sql`select to_regclass('millrace.half')::text as half, (select count(*)::integer from millrace.migrations where name = '9999_broken') as recorded`,
    ).toEqual([{ half: null, recorded: 0 }]);
  });

  test.each(Object.keys(GOOD) as Table[])("a good row of %s is accepted", async (table) => {
    await expect(insert(table, {})).resolves.toBeUndefined();
  });

  test.each(BAD)("%s refuses %s", async (table, _, spoiled) => {
    await expect(insert(table, spoiled)).rejects.toMatchObject({ code: "23514" });
  });

  test("every CHECK of these tables is violated by one of these rows", async () => {
    const { sql } = db();
    const named = await sql<{ name: string }[]>`select distinct conname as name from pg_constraint where contype = 'c' and conparentid = 0
      and conrelid in ('millrace.jobs'::regclass, 'millrace.finished_jobs'::regclass, 'millrace.queues'::regclass, 'millrace.attempts'::regclass, 'millrace.job_logs'::regclass)`;
    const violated = new Set<string>();
    for (const [table, , spoiled] of BAD) {
      await insert(table, spoiled).catch((error: { constraint_name?: string }) => violated.add(error.constraint_name ?? ""));
    }
    // A partition's copy of a CHECK has the parent's name.
    expect(named.map(({ name }) => name).filter((name) => !violated.has(name))).toEqual([]);
  });

  test("the table of transitions has an end for every state, and none out of completed", () => {
    expect(Object.keys(TRANSITIONS).sort()).toEqual([...JOB_STATES].sort());
    expect(TRANSITIONS.completed).toEqual({});
    for (const state of JOB_STATES) {
      for (const next of Object.keys(TRANSITIONS[state]) as JobState[]) expect(next).not.toBe(state);
    }
  });

  async function insert(table: Table, spoiled: Record<string, string>): Promise<void> {
    const { sql } = db();
    const row: Record<string, string> = { ...GOOD[table], ...spoiled };
    const undo = new Error("undo");
    await sql
      .begin(async (transaction) => {
        await transaction.unsafe(
          `insert into millrace.${table} (${Object.keys(row).join(", ")}) values (${Object.values(row).join(", ")})`,
        );
        throw undo;
      })
      .catch((error: unknown) => {
        if (error !== undo) throw error;
      });
  }
});
