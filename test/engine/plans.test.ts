// The plans of the hot statements: with generic plans, at many sizes, none may read jobs or finished_jobs sequentially, and
// the rows it touches must not grow with the table. PLANS_BIG=1 adds a million jobs and a million finished ones.
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Db } from "../../src/db/database.ts";
import { acquireLeases } from "../../src/db/queries/acquire-leases.ts";
import { cancelJob } from "../../src/db/queries/cancel-job.ts";
import { enqueueJobs } from "../../src/db/queries/enqueue-jobs.ts";
import { expireJobs } from "../../src/db/queries/expire-jobs.ts";
import { explainJob } from "../../src/db/queries/explain-job.ts";
import { findDue } from "../../src/db/queries/find-due.ts";
import { findJob } from "../../src/db/queries/find-job.ts";
import { findSettled } from "../../src/db/queries/find-settled.ts";
import { heartbeatLeases } from "../../src/db/queries/heartbeat-leases.ts";
import { listJobs } from "../../src/db/queries/list-jobs.ts";
import { promoteDueJobs } from "../../src/db/queries/promote-due-jobs.ts";
import { pruneFinished } from "../../src/db/queries/prune.ts";
import { readGauges } from "../../src/db/queries/queue-gauges.ts";
import { rescueLeases } from "../../src/db/queries/rescue-leases.ts";
import { settleLeases } from "../../src/db/queries/settle-leases.ts";
import { createTestDatabase, type TestDatabase } from "../support/databases.ts";
import { DUE, type Fill, fill } from "./plans/fill.ts";
import { openProbe, type Probe } from "./plans/rows-touched.ts";

const SIZES: Record<string, Fill> = {
  "10,000 jobs": { unfinished: 10_000, finished: 10_000, analyze: true },
  "100,000 jobs": { unfinished: 100_000, finished: 100_000, analyze: true },
  "50,000 jobs that came before the first analyze": { unfinished: 50_000, finished: 20_000, analyze: false },
  ...(process.env.PLANS_BIG ? { "1,000,000 jobs": { unfinished: 1_000_000, finished: 1_000_000, analyze: true } } : {}),
};

const workspaceId = 1;
/** A partition of a page or two is rightly read as a whole. */
const ONE_PAGE = 100;
const BATCH = 100;

/** What the statements are run on: some leases that are held, a waiting job and a finished one. */
type Rows = { leases: { id: string; fence: string }[]; waiting: string; finished: string };

/** Each with the rows it may touch: a small multiple of what it was asked for. */
const STATEMENTS: Record<string, { run: (db: Db, rows: Rows) => Promise<unknown>; most: number }> = {
  "enqueue one": {
    run: (db) => enqueueJobs(db, { workspaceId, jobs: [newJob(0)], queues: [{ name: "queue-0", mode: "pull" }] }),
    most: 30,
  },
  "enqueue a batch with unique keys, half of them taken": {
    run: (db) =>
      enqueueJobs(db, {
        workspaceId,
        jobs: Array.from({ length: BATCH }, (_, n) => newJob(n)),
        queues: [{ name: "queue-0", mode: "pull" }],
      }),
    most: 5 * BATCH,
  },
  "acquire one": { run: (db) => acquire(db, ["queue-0"], 1), most: 10 },
  "acquire a batch from ten queues": {
    run: (db) =>
      acquire(
        db,
        Array.from({ length: 10 }, (_, n) => `queue-${n}`),
        BATCH,
      ),
    most: 30 * BATCH + 30_000,
  },
  heartbeat: {
    run: (db, { leases }) => heartbeatLeases(db, { workspaceId, runnerId: "runner-1", beats: leases, logs: [] }),
    most: 5 * BATCH,
  },
  settle: {
    run: (db, { leases }) =>
      settleLeases(db, { workspaceId, items: leases.map((lease, n) => ({ ...lease, n, outcome: n % 2 ? "completed" : "failed" })) }),
    most: 8 * BATCH,
  },
  "settle again": { run: (db, { leases }) => findSettled(db, { workspaceId, leases }), most: 5 * BATCH },
  "rescue a few": { run: (db) => rescueLeases(db, { limit: 1000 }), most: 15 * DUE },
  "promote a few": { run: (db) => promoteDueJobs(db, { limit: 1000 }), most: 15 * DUE },
  "expire a few": { run: (db) => expireJobs(db, { limit: 1000 }), most: 15 * DUE },
  "prune a few": { run: (db) => pruneFinished(db, { limit: 1000 }), most: 15 * DUE },
  // Ten queues of five priorities, and every queue's runners.
  "read the gauges for /metrics": { run: (db) => readGauges(db), most: 500 },
  "find what is due": { run: (db) => findDue(db), most: 50 },
  "find a waiting job": { run: (db, { waiting }) => findJob(db, { workspaceId, id: waiting }), most: 30 },
  "find a finished job": { run: (db, { finished }) => findJob(db, { workspaceId, id: finished }), most: 30 },
  "cancel a waiting job": { run: (db, { waiting }) => cancelJob(db, { workspaceId, id: waiting }), most: 10 },
  "explain a waiting job": { run: (db, { waiting }) => explainJob(db, { workspaceId, id: waiting }), most: 20_100 },
  "list jobs": { run: (db) => listJobs(db, { workspaceId, limit: 51 }), most: 500 },
  "list jobs further down": { run: (db, { waiting }) => listJobs(db, { workspaceId, limit: 51, before: waiting }), most: 500 },
  "list a queue's jobs": { run: (db) => listJobs(db, { workspaceId, limit: 51, queue: "queue-3" }), most: 2_000 },
};

function newJob(n: number) {
  return { queue: "queue-0", kind: "chew", payload: {}, unique_key: n % 2 ? `key-${n * 20}` : undefined };
}

function acquire(db: Db, queues: string[], max: number) {
  return acquireLeases(db, { workspaceId, runnerId: "runner-1", queues, pushKinds: ["http"], max, leaseSeconds: 60 });
}

describe.skipIf(inject("postgresUrl") === null).each(Object.entries(SIZES))("with %s", (_, size) => {
  let database: TestDatabase;
  let probe: Probe;
  let rows: Rows;

  beforeAll(async () => {
    database = await createTestDatabase("postgres");
    probe = openProbe(database.url);
    await fill(database, size);
    const { sql } = database;
    const [waiting] = await sql<{ id: string }[]>`select id from millrace.jobs where state = 'queued' order by id offset 400 limit 1`;
    const [finished] = await sql<{ id: string }[]>`select id from millrace.finished_jobs order by id limit 1`;
    const leases = await sql<
      { id: string; fence: string }[]
    >`select id, lease_token as fence from millrace.jobs where state = 'running' and lease_expires_at > now() order by random() limit ${BATCH}`;
    rows = { leases: [...leases], waiting: waiting?.id ?? "", finished: finished?.id ?? "" };
  });
  afterAll(async () => {
    await probe?.close();
    await database?.drop();
  });

  test.each(Object.entries(STATEMENTS))("%s reads what it needs and no more", async (_name, { run, most }) => {
    const { sequential, indexed } = await probe.touched((db) => run(db, rows));
    expect(sequential, "rows read by sequential scans").toBeLessThanOrEqual(ONE_PAGE);
    expect(indexed, "rows fetched through indexes").toBeLessThanOrEqual(most);
  });
});
