// Enqueues jobs: rows first, then the hints (events, a wake-up for whoever serves the queue).
import { toId } from "../../contract/ids.ts";
import type { Job, JobBatchInput, JobBatchResult, JobInput } from "../../contract/job.ts";
import { instant } from "../../db/database.ts";
import { toJob } from "../../db/job-row.ts";
import { type EnqueuedRow, enqueueJobs as insertJobs, type NewJob } from "../../db/queries/enqueue-jobs.ts";
import { coalesce } from "../coalesce.ts";
import { authorise, type Call, type EnginePorts, systemIdentity } from "../context.ts";
import { databaseError, isDatabaseAway, isRetryable } from "../database-error.ts";
import { ProblemError } from "../problem-error.ts";
import { getJob } from "./get.ts";
import { jobEvent, publish } from "./job-events.ts";
import { PUSH_KINDS } from "./push-kinds.ts";

/** `requestHash` is a hash of everything that makes two requests the same. */
export type Idempotency = { key: string; requestHash: string };

export type EnqueueInput = { job: JobInput; traceparent?: string | undefined; idempotency?: Idempotency | undefined };
export type EnqueueResult = { job: Job; created: boolean; replayed: boolean };

type Request = { workspaceId: number; job: JobInput; traceparent: string | undefined };

const MAX_COALESCED = 500;
const COALESCING_SLOTS = 2; // one statement runs while the next batch is on its way

/** The verbs that enqueue. They share one coalescer, so that concurrent single enqueues become one insert. */
export function createEnqueue(ports: EnginePorts) {
  const enqueueSingle = coalesce<Request, EnqueuedRow>({
    run: (requests) => insertRequests(ports, requests),
    maxBatch: MAX_COALESCED,
    slots: COALESCING_SLOTS,
    isolates: (error) => !isDatabaseAway(error),
  });

  /** Enqueues one job; answers the existing one where its unique key is taken by an unfinished job. */
  async function enqueueJob({ ctx, input }: Call<EnqueueInput>): Promise<EnqueueResult> {
    authorise(ctx, "submit");
    const { workspaceId } = ctx.identity;
    const request: Request = { workspaceId, job: input.job, traceparent: input.traceparent };
    const row = input.idempotency
      ? ((await insertAll(ports, workspaceId, { jobs: [toNewJob(request)], idempotency: input.idempotency }))[0] as EnqueuedRow)
      : await enqueueSingle(request);
    if (row.created && !row.replayed) announce(ports, workspaceId, [{ row, job: input.job }]);
    const job = row.created
      ? assembleJob(row, workspaceId, input.job)
      : await getJob({ ctx: { ...ctx, identity: systemIdentity(workspaceId) }, input: { id: toId("job", row.id) } });
    return { job, created: row.created, replayed: row.replayed };
  }

  /** Enqueues up to 10,000 jobs, all or nothing. */
  async function enqueueBatch({
    ctx,
    input,
  }: Call<{ batch: JobBatchInput; traceparent?: string | undefined; idempotency?: Idempotency | undefined }>): Promise<
    JobBatchResult & { replayed: boolean }
  > {
    authorise(ctx, "submit");
    const { workspaceId } = ctx.identity;
    const jobs = input.batch.jobs.map((job) => toNewJob({ workspaceId, job, traceparent: input.traceparent }));
    const enqueued = await insertAll(ports, workspaceId, { jobs: markTwins(jobs), idempotency: input.idempotency });
    const replayed = enqueued[0]?.replayed ?? false;
    if (!replayed) {
      announce(
        ports,
        workspaceId,
        enqueued.flatMap((row, index) => (row.created ? [{ row, job: input.batch.jobs[index] as JobInput }] : [])),
      );
    }
    return { items: enqueued.map((row) => ({ id: toId("job", row.id), created: row.created })), replayed };
  }

  return { enqueueJob, enqueueBatch };
}

async function insertRequests(ports: EnginePorts, requests: Request[]): Promise<EnqueuedRow[]> {
  const byWorkspace = Map.groupBy(requests, (request) => request.workspaceId);
  const answers = new Map<Request, EnqueuedRow>();
  for (const [workspaceId, group] of byWorkspace) {
    const enqueued = await insertAll(ports, workspaceId, { jobs: markTwins(group.map(toNewJob)) });
    for (const [index, request] of group.entries()) answers.set(request, enqueued[index] as EnqueuedRow);
  }
  return requests.map((request) => answers.get(request) as EnqueuedRow);
}

async function insertAll(
  { db }: EnginePorts,
  workspaceId: number,
  { jobs, idempotency }: { jobs: NewJob[]; idempotency?: Idempotency | undefined },
): Promise<EnqueuedRow[]> {
  const queues = new Map<string, "push" | "pull">();
  for (const job of jobs) if (!queues.has(job.queue)) queues.set(job.queue, PUSH_KINDS.includes(job.kind) ? "push" : "pull");
  const statement = { workspaceId, jobs, queues: [...queues].map(([name, mode]) => ({ name, mode })), idempotency };
  try {
    return await insertJobs(db, statement);
  } catch (error) {
    if (isRetryable(error)) return await insertJobs(db, statement);
    const code = databaseError(error)?.code;
    if (code === "MR001")
      throw new ProblemError(
        "idempotency_mismatch",
        "This Idempotency-Key was used in the last 24 hours with another request. Use a new key.",
      );
    if (code === "MR002")
      throw new ProblemError(
        "idempotency_in_progress",
        "The first request with this Idempotency-Key has not ended. Try again in a moment.",
        { retryAfterSeconds: 1 },
      );
    throw error;
  }
}

function toNewJob({ job, traceparent }: Request): NewJob {
  const labels = job.requires?.labels;
  return {
    queue: job.queue,
    kind: job.kind,
    payload: job.payload,
    priority: job.priority,
    run_at: job.runAt ?? undefined,
    delay_seconds: job.delaySeconds ?? undefined,
    max_attempts: job.maxAttempts,
    backoff: job.backoff,
    timeout_seconds: job.timeoutSeconds,
    ttl_seconds: job.ttlSeconds ?? undefined,
    unique_key: job.uniqueKey ?? undefined,
    tags: job.tags.length > 0 ? job.tags : undefined,
    labels: labels && Object.keys(labels).length > 0 ? labels : undefined,
    traceparent,
  };
}

/** One statement cannot meet its own unique key twice: later jobs point to the first with the same one. */
function markTwins(jobs: NewJob[]): NewJob[] {
  const first = new Map<string, number>();
  for (const [index, job] of jobs.entries()) {
    if (job.unique_key === undefined) continue;
    const key = `${job.queue}\u0000${job.unique_key}`;
    const twin = first.get(key);
    if (twin === undefined) first.set(key, index + 1);
    else job.twin = twin;
  }
  return jobs;
}

function announce(ports: EnginePorts, workspaceId: number, created: { row: EnqueuedRow; job: JobInput }[]): void {
  const ready = new Set<string>();
  let isForConsumers = false;
  let soonest = Number.POSITIVE_INFINITY;
  for (const { row, job } of created) {
    if (row.state === "queued") {
      ready.add(job.queue);
      isForConsumers ||= PUSH_KINDS.includes(job.kind);
    } else soonest = Math.min(soonest, Date.parse(instant(row.run_at)) - Date.parse(instant(row.created_at)));
    if (job.ttlSeconds != null) soonest = Math.min(soonest, job.ttlSeconds * 1000);
  }
  if (ready.size > 0) ports.notifier.notify(workspaceId, [...ready], isForConsumers ? {} : { only: "runners" });
  if (Number.isFinite(soonest)) ports.due.hint(soonest / 1000);
  publish(
    ports,
    created.map(({ row, job }) =>
      jobEvent(ports, "job.enqueued", { workspaceId, id: row.id, queue: job.queue, kind: job.kind, data: { state: row.state } }),
    ),
  );
}

/** The new job as the API shows it, from what was asked and what the statement answered: no second read. */
function assembleJob(row: EnqueuedRow, workspaceId: number, job: JobInput): Job {
  return toJob({
    ...row,
    workspace_id: workspaceId,
    queue: job.queue,
    kind: job.kind,
    priority: job.priority,
    payload: job.payload,
    unique_key: job.uniqueKey ?? null,
    tags: job.tags,
    labels: job.requires?.labels ?? null,
    ttl_seconds: job.ttlSeconds ?? null,
    traceparent: null,
    attempt: 0,
    execution: 0,
    lease_token: null,
    runner_id: null,
    started_at: null,
    progress: 0,
    progress_message: null,
    error: null,
  });
}
