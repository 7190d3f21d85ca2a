// One random operation of each kind, carried out and recorded. Inputs go to the engine's verbs unparsed, so leases and
// delays may be far shorter than the contract allows: a run of thousands of operations then takes seconds.

import { fromLeaseToken, toId, toLeaseToken } from "../../src/contract/ids.ts";
import type { JobInput } from "../../src/contract/job.ts";
import { leaseOnce } from "../../src/core/lease/acquire.ts";
import { housekeep } from "../../src/core/sweep/housekeep.ts";
import { sweep } from "../../src/core/sweep/sweep.ts";
import { toJob } from "../../src/db/job-row.ts";
import { jobInput } from "../engine/engine-under-test.ts";
import type {
  AcquireCall,
  ChoreCall,
  EnqueueCall,
  EnqueuedJob,
  HeartbeatCall,
  JobCall,
  QueueCall,
  SettleCall,
  SweepCall,
} from "./history.ts";
import type { Random } from "./random.ts";
import { QUEUES, type Worker, type World } from "./world.ts";

type Operation = (world: World, worker: Worker) => Promise<void>;

const KINDS = ["chew", "spin"] as const;

/** An enqueue of one job or many, sometimes several at once, so that they are coalesced into one statement. */
export const enqueue: Operation = async (world, worker) => {
  const { random } = worker;
  if (random.chance(0.3)) return enqueueBatch(world, worker);
  const count = random.chance(0.4) ? random.int(2, 12) : 1;
  await Promise.all(Array.from({ length: count }, () => enqueueOne(world, worker)));
};

async function enqueueOne(world: World, worker: Worker): Promise<void> {
  const { body, idempotency } = request(world, worker, 1);
  const [job] = body;
  if (!job) return;
  const call = await world.recorder.record<EnqueueCall>(
    { op: "enqueue", jobs: [summary(job)], idempotency },
    async () => {
      const input = { job, idempotency: idempotency ? { key: idempotency.key, requestHash: idempotency.hash } : undefined };
      const answer = await worker.engine.enqueueJob(world.identity, input);
      return { items: [{ id: answer.job.id, created: answer.created }], replayed: answer.replayed };
    },
    starts(worker),
  );
  learn(world, call);
}

async function enqueueBatch(world: World, worker: Worker): Promise<void> {
  const { body, idempotency } = request(world, worker, worker.random.int(2, 25));
  const call = await world.recorder.record<EnqueueCall>(
    { op: "enqueue", jobs: body.map(summary), idempotency },
    async () => {
      const input = {
        batch: { jobs: body },
        idempotency: idempotency ? { key: idempotency.key, requestHash: idempotency.hash } : undefined,
      };
      const { items, replayed } = await worker.engine.enqueueBatch(world.identity, input);
      return { items, replayed };
    },
    starts(worker),
  );
  learn(world, call);
}

function learn(world: World, call: EnqueueCall): void {
  for (const item of call.answer?.items ?? []) if (item.created) world.jobs.push(item.id);
}

/** New jobs; or, with an idempotency key used before, the same as then (or, to be refused, under another hash). */
function request(world: World, { random }: Worker, count: number): { body: JobInput[]; idempotency: EnqueueCall["idempotency"] } {
  if (!random.chance(0.25)) return { body: jobs(random, count), idempotency: null };
  const key = `${count === 1 ? "one" : "many"}-${random.int(1, 12)}`;
  const before = world.idempotent.get(key);
  if (!before) {
    const body = jobs(random, count);
    world.idempotent.set(key, { jobs: body.map(summary), hash: `hash of ${key}`, body });
    return { body, idempotency: { key, hash: `hash of ${key}` } };
  }
  return { body: before.body as JobInput[], idempotency: { key, hash: random.chance(0.8) ? before.hash : "another hash" } };
}

function jobs(random: Random, count: number): JobInput[] {
  return Array.from({ length: count }, () => ({
    ...jobInput({
      queue: random.pick(QUEUES),
      kind: random.pick(KINDS),
      priority: random.int(-2, 2),
      maxAttempts: random.int(1, 4),
      uniqueKey: random.chance(0.3) ? `key-${random.int(1, 6)}` : null,
      requires: { gpus: 0, vramMib: 0, model: null, labels: random.chance(0.2) ? { zone: "lab" } : {} },
    }),
    delaySeconds: random.chance(0.3) ? random.next() * 0.2 : null,
    ttlSeconds: random.chance(0.15) ? 0.05 + random.next() : null,
    timeoutSeconds: random.chance(0.2) ? 0.1 + random.next() : 60,
    backoff: {
      type: random.pick(["exponential", "linear", "fixed"]),
      baseSeconds: random.next() * 0.02,
      capSeconds: 0.1,
      jitter: random.chance(0.5),
    },
  }));
}

function summary({ queue, kind, uniqueKey, maxAttempts, priority }: JobInput): EnqueuedJob {
  return { queue, kind, uniqueKey: uniqueKey ?? null, maxAttempts: maxAttempts ?? 3, priority };
}

export const acquire: Operation = async (world, worker) => {
  const { random } = worker;
  const queues = random.chance(0.5) ? [...QUEUES] : [random.pick(QUEUES)];
  const kinds = random.chance(0.3) ? [random.pick(KINDS)] : null;
  // Somebody else's name is fine: leases belong to whoever knows their tokens.
  const runner = random.chance(0.9) ? worker.runner : random.pick(["runner-0", "runner-1"]);
  const asked = { runner, queues, kinds, labels: worker.labels, max: random.pick([1, 1, 2, 5, 20]) };
  const leaseSeconds = random.pick([0.02, 0.1, 0.5, 5, 60]);
  const call = await world.recorder.record<AcquireCall>(
    { op: "acquire", ...asked },
    async () => {
      const { workspaceId } = world.identity;
      const statement = {
        workspaceId,
        runnerId: runner,
        queues,
        kinds: kinds ?? undefined,
        labels: asked.labels,
        max: asked.max,
        leaseSeconds,
      };
      const rows = await leaseOnce(worker.ports, statement);
      return {
        leases: rows.map((row) => {
          const { id, queue, kind, priority, attempt, requires } = toJob(row);
          return { token: toLeaseToken(row.id, row.lease_token), job: id, queue, kind, labels: requires.labels, priority, attempt };
        }),
      };
    },
    starts(worker),
  );
  // A worker that dies silently: it never says anything about these leases.
  const list = random.chance(0.1) ? world.over : world.held;
  for (const { token } of call.answer?.leases ?? []) list.push(token);
};

/** Tokens that are probably held, some that are over, now and then one that never was. */
function someTokens(world: World, { random }: Worker, take: boolean): string[] {
  const tokens = new Set<string>();
  for (let wanted = random.int(1, 6); wanted > 0; wanted -= 1) {
    const source = random.chance(0.8) ? world.held : world.over;
    const token = random.pickFrom(source);
    if (token) tokens.add(token);
  }
  if (random.chance(0.05)) tokens.add("lease_that-never-was");
  if (take) {
    world.held = world.held.filter((token) => !tokens.has(token));
    world.over.push(...tokens);
    if (world.over.length > 300) world.over.splice(0, 100);
  }
  return [...tokens];
}

export const heartbeat: Operation = async (world, worker) => {
  const beats = someTokens(world, worker, false).map((token) => {
    world.uniqueLine += 1;
    return { token, line: `line ${world.uniqueLine}` };
  });
  if (beats.length === 0) return;
  await world.recorder.record<HeartbeatCall>(
    { op: "heartbeat", beats },
    async () => {
      const leases = beats.map(({ token, line }) => ({
        leaseToken: token,
        progress: { fraction: worker.random.next(), message: line },
        logs: [{ seq: Number(line.slice(5)), at: "2026-01-01T00:00:00Z", stream: "stdout" as const, line }],
      }));
      const { extended, cancelled, lost } = await worker.engine.heartbeatLeases(world.identity, { runnerId: worker.runner, leases });
      return { extended, cancelled, lost };
    },
    starts(worker),
  );
};

/** Settles, on time, late, twice, or twice in one call with another outcome. */
export const settle: Operation = async (world, worker) => {
  const { random } = worker;
  const tokens = someTokens(world, worker, true);
  const items = tokens.flatMap((token) =>
    random.chance(0.05) ? [settlement(world, token, random), settlement(world, token, random)] : [settlement(world, token, random)],
  );
  if (items.length === 0) return;
  const call = await world.recorder.record<SettleCall>(
    { op: "settle", items },
    async () => {
      const answer = await worker.engine.settleLeases(world.identity, {
        runnerId: worker.runner,
        items: items.map(({ token, outcome, retryable, result }) => ({
          leaseToken: token,
          outcome,
          ...(outcome === "completed" ? { result } : {}),
          ...(outcome === "failed" ? { error: { code: "oops", message: "It broke.", retryable } } : {}),
        })),
      });
      return { items: answer.items.map(({ leaseToken, status, state }) => ({ token: leaseToken, status, state })) };
    },
    starts(worker),
  );
  for (const { token, state } of call.answer?.items ?? []) {
    const lease = fromLeaseToken(token);
    if (lease && (state === "failed" || state === "cancelled")) world.ended.push(toId("job", lease.jobUuid));
  }
};

function settlement(world: World, token: string, random: Random): SettleCall["items"][number] {
  world.uniqueLine += 1;
  const outcome = random.weighted({ completed: 5, failed: 4, released: 1 });
  return { token, outcome, retryable: random.chance(0.85), result: outcome === "completed" ? `result ${world.uniqueLine}` : null };
}

const onJob =
  (op: "cancel" | "retry" | "promote", verb: "cancelJob" | "retryJob" | "promoteJob"): Operation =>
  async (world, worker) => {
    // Mostly a recent job, which is likelier to be unfinished; for a retry, one that was told to have ended.
    const likely = op === "retry" ? world.ended : world.jobs;
    const job = worker.random.pickFrom(worker.random.chance(0.7) ? likely.slice(-40) : world.jobs);
    if (!job) return;
    const call = await world.recorder.record<JobCall>(
      { op, job },
      async () => ({ state: (await worker.engine[verb](world.identity, { id: job })).state }),
      starts(worker),
    );
    if (op === "cancel" && call.answer) world.ended.push(job);
  };
export const cancel = onJob("cancel", "cancelJob");
export const retry = onJob("retry", "retryJob");
export const promote = onJob("promote", "promoteJob");

export const changeQueue: Operation = async (world, worker) => {
  const { random } = worker;
  const queue = random.pick(["moving", "paused-often"] as const);
  const change = queue === "moving" ? { concurrency: random.pick([1, 2, 5, null]) } : { paused: random.chance(0.5) };
  await world.recorder.record<QueueCall>({ op: "queue", queue, ...change }, async () => {
    await worker.engine.putQueue(world.identity, { name: queue, policy: change });
    return {};
  });
};

export const runSweep: Operation = async (world, worker) => {
  await world.recorder.record<SweepCall>(
    { op: "sweep" },
    async () => {
      const { promoted, rescued, expired } = await sweep(worker.ports);
      return { promoted, rescued, expired };
    },
    starts(worker),
  );
};

export const runHousekeeping: Operation = async (world, worker) => {
  await world.recorder.record<ChoreCall>({ op: "housekeep" }, async () => {
    await housekeep(worker.ports);
    return {};
  });
};

/** Time is the database's: instead of waiting for it, a few rows' times are moved into the past. */
export const age: Operation = async (world, worker) => {
  const { sql } = world.database;
  const what = worker.random.pick(["lease", "deadline", "run_at", "ttl"] as const);
  await world.recorder.record<ChoreCall>({ op: "age" }, async () => {
    const few = (state: string) =>
      sql`select id from millrace.jobs where state = ${state} order by random() limit 4 for update skip locked`;
    if (what === "lease") await sql`update millrace.jobs set lease_expires_at = clock_timestamp() where id in (${few("running")})`;
    else if (what === "deadline")
      await sql`update millrace.jobs set lease_expires_at = clock_timestamp(), deadline_at = clock_timestamp() where id in (${few("running")})`;
    else if (what === "run_at") await sql`update millrace.jobs set run_at = clock_timestamp() where id in (${few("scheduled")})`;
    else await sql`update millrace.jobs set expires_at = clock_timestamp() where expires_at is not null and id in (${few("queued")})`;
    return {};
  });
};

const starts = (worker: Worker) => (call: number) => {
  worker.call = call;
};
