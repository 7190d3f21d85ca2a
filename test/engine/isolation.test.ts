// Workspaces: every verb of the engine, called from another workspace, finds nothing and changes nothing. A new verb fails
// this test until it says how it keeps workspaces apart.
import { expect, test } from "vitest";
import { type Identity, systemIdentity } from "../../src/core/context.ts";
import { createEngine, type VerbName } from "../../src/core/engine.ts";
import { ProblemError } from "../../src/core/problem-error.ts";
import type { TestDatabase } from "../support/databases.ts";
import { describeEngine } from "./describe-engine.ts";
import { acquireInput, type EngineUnderTest, enqueue, jobInput, leaseOne, ME, settle } from "./engine-under-test.ts";

/** What the first workspace has, and the second must not see. */
type Mine = {
  waiting: string;
  scheduled: string;
  running: string;
  completed: string;
  failed: string;
  leaseToken: string;
  upload: string;
  key: string;
};

const QUEUE = "mine";

async function makeMine({ engine }: EngineUnderTest): Promise<Mine> {
  const scheduled = await enqueue(engine, { queue: QUEUE, delaySeconds: 3600 });
  const finish = async (outcome: "completed" | "failed") => {
    const id = await enqueue(engine, { queue: QUEUE });
    const { leaseToken } = await leaseOne(engine, { queues: [QUEUE] });
    await settle(engine, leaseToken, { outcome, result: "secret", retryable: false });
    return id;
  };
  const completed = await finish("completed");
  const failed = await finish("failed");
  const running = await enqueue(engine, { queue: QUEUE });
  const { leaseToken } = await leaseOne(engine, { queues: [QUEUE] });
  const waiting = await enqueue(engine, { queue: QUEUE, uniqueKey: "k" });
  const upload = await engine.recordUpload(ME, {
    name: "a",
    contentType: "text/plain",
    sizeBytes: 1,
    sha256: "0".repeat(64),
    blobKey: `1/${crypto.randomUUID()}`,
  });
  const key = await engine.createKey(ME, { name: "mine", scopes: ["read"] });
  await engine.claimIdempotency(ME, { key: "mine", requestHash: "h" });
  await engine.storeAnswer(ME, { key: "mine", status: 200, body: "secret" });
  return { waiting, scheduled, running, completed, failed, leaseToken, upload: upload.id, key: key.id };
}

const NOT_FOUND = { problem: "not_found" };

/** Each verb, called as the other workspace with the first one's ids, and what it must answer. `null`: it knows no workspaces, and why. */
const CALLS: Record<VerbName, { input: (mine: Mine) => unknown; answer: unknown } | { why: string }> = {
  abandonPoll: { why: "a poll is named by a random id that only its own request knows" },
  acquireLeases: { input: () => acquireInput({ queues: [QUEUE], max: 100 }), answer: { leases: [], drain: false } },
  allowUpload: { input: () => ({}), answer: { blobPrefix: "2" } },
  authenticate: { why: "it finds out which workspace a key belongs to" },
  cancelJob: { input: ({ waiting }) => ({ id: waiting }), answer: NOT_FOUND },
  checkDatabase: { why: "it looks at the schema only" },
  claimIdempotency: { input: () => ({ key: "mine", requestHash: "other" }), answer: null },
  closeSession: { input: () => ({}), answer: { hashes: [] } },
  createKey: { why: "what it makes belongs to the caller's workspace, as listKeys shows" },
  deleteUpload: { input: ({ upload }) => ({ id: upload }), answer: NOT_FOUND },
  drainRunner: { input: () => ({ id: "runner-mine" }), answer: NOT_FOUND },
  editResult: { input: ({ completed }) => ({ id: completed, result: "changed" }), answer: NOT_FOUND },
  enqueueBatch: {
    input: () => ({ batch: { jobs: [jobInput({ queue: "theirs", uniqueKey: "k" })] } }),
    answer: { items: [{ created: true }] },
  },
  enqueueJob: { input: () => ({ job: jobInput({ queue: QUEUE, uniqueKey: "k" }) }), answer: { created: true } },
  explainJob: { input: ({ waiting }) => ({ id: waiting }), answer: NOT_FOUND },
  getJob: { input: ({ completed }) => ({ id: completed }), answer: NOT_FOUND },
  getQueue: { input: () => ({ name: "only-mine" }), answer: NOT_FOUND },
  getQueueStats: { input: () => ({ name: "only-mine" }), answer: NOT_FOUND },
  getResult: { input: ({ completed }) => ({ id: completed }), answer: NOT_FOUND },
  getRunner: { input: () => ({ id: "runner-mine" }), answer: NOT_FOUND },
  getUpload: { input: ({ upload }) => ({ id: upload }), answer: NOT_FOUND },
  heartbeatLeases: {
    input: ({ leaseToken }) => ({
      runnerId: "thief",
      leases: [{ leaseToken, progress: { fraction: 0.9 }, logs: [{ seq: 1, at: "2026-01-01T00:00:00Z", stream: "stdout", line: "x" }] }],
    }),
    answer: { extended: [], cancelled: [], lost: [expect.any(String)] },
  },
  listArtifacts: { input: ({ completed }) => ({ id: completed }), answer: NOT_FOUND },
  listAttempts: { input: ({ completed }) => ({ id: completed }), answer: NOT_FOUND },
  listJobs: { input: () => ({ limit: 200 }), answer: { items: [], nextCursor: null } },
  listKeys: { input: () => ({}), answer: { items: [] } },
  listLogs: { input: ({ completed }) => ({ id: completed, after: 0, limit: 10 }), answer: NOT_FOUND },
  listQueues: { input: () => ({}), answer: { items: [] } },
  listRunners: { input: () => ({ limit: 200 }), answer: { items: [], nextCursor: null } },
  openSession: { why: "a session belongs to the key that opens it" },
  pauseQueue: { input: () => ({ name: "only-mine", paused: true }), answer: NOT_FOUND },
  promoteJob: { input: ({ scheduled }) => ({ id: scheduled }), answer: NOT_FOUND },
  publishEvent: { input: () => ({ topic: "theirs", payload: {} }), answer: undefined },
  putQueue: { input: () => ({ name: QUEUE, policy: { paused: true } }), answer: { name: QUEUE, paused: true } },
  readGauges: { why: "the metrics are the operator's: they name every workspace" },
  readJobCounts: { why: "the metrics are the operator's: they name every workspace" },
  recordUpload: { why: "what it records belongs to the caller's workspace" },
  releaseIdempotency: { input: () => ({ key: "mine" }), answer: undefined },
  retryJob: { input: ({ failed }) => ({ id: failed }), answer: NOT_FOUND },
  revokeKey: { input: ({ key }) => ({ id: key }), answer: NOT_FOUND },
  settleLeases: {
    input: ({ leaseToken }) => ({ runnerId: "thief", items: [{ leaseToken, outcome: "completed", result: "stolen" }] }),
    answer: { items: [{ status: "lease_lost", state: null }] },
  },
  storeAnswer: { input: () => ({ key: "mine", status: 500, body: "changed" }), answer: undefined },
  waitForJob: { input: ({ waiting }) => ({ id: waiting, seconds: 0 }), answer: NOT_FOUND },
};

/** Everything that the first workspace has in the tables. */
async function everythingMine({ sql }: TestDatabase): Promise<unknown> {
  const tables = ["all_jobs", "queues", "runners", "uploads", "api_keys", "idempotency_keys"];
  const contents = [];
  for (const table of tables) {
    const [row] = await sql.unsafe(
      `select jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text) as rows from millrace.${table} t where workspace_id = 1`,
    );
    contents.push([table, row?.rows]);
  }
  for (const table of ["attempts", "job_logs", "artifacts", "result_versions"]) {
    const [row] = await sql.unsafe(
      `select jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text) as rows from millrace.${table} t join millrace.all_jobs j on j.id = t.job_id and j.workspace_id = 1`,
    );
    contents.push([table, row?.rows]);
  }
  return contents;
}

describeEngine("another workspace", ({ db, under }) => {
  let mine: Mine | undefined;
  let other: Identity | undefined;

  async function setUp(): Promise<{ mine: Mine; other: Identity }> {
    if (!mine || !other) {
      const { sql } = db();
      const [made] = await sql<
        { id: number }[]
      >`insert into millrace.workspaces (name) values ('other') on conflict (name) do update set name = excluded.name returning id`;
      other = { ...systemIdentity(made?.id ?? 0), name: "somebody else" };
      await under().engine.putQueue(ME, { name: "only-mine", policy: {} });
      await under().engine.acquireLeases(ME, acquireInput({ runnerId: "runner-mine", queues: ["only-mine"] }));
      mine = await makeMine(under());
    }
    return { mine, other };
  }

  test("every verb of the engine is covered here", () => {
    expect(Object.keys(CALLS).sort()).toEqual(Object.keys(createEngine(under().ports)).sort());
  });

  // Reads first: a workspace that has written something has something to read.
  const order = Object.entries(CALLS).sort(([a], [b]) => Number(b.startsWith("list")) - Number(a.startsWith("list")));
  for (const [verb, call] of order) {
    if ("why" in call) continue;
    test(`${verb} finds nothing of ours and changes nothing`, async () => {
      const { mine, other } = await setUp();
      const before = await everythingMine(db());
      const engine = under().engine as unknown as Record<string, (identity: Identity, input: unknown) => Promise<unknown>>;
      const answer = await engine[verb]?.(other, call.input(mine)).catch((error: unknown) => {
        if (error instanceof ProblemError) return { problem: error.code };
        throw error;
      });
      if (call.answer === null || call.answer === undefined) expect(answer).toBe(call.answer);
      else expect(answer).toMatchObject(call.answer);
      expect(JSON.stringify(answer ?? null)).not.toContain("secret");
      expect(await everythingMine(db())).toEqual(before);
    });
  }
});
