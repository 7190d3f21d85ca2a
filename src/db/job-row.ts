// A row of `millrace.jobs`, `finished_jobs` or the view over both, and its form on the wire.
import { toId } from "../contract/ids.ts";
import type { Backoff, Job, JobError, JobState, Usage } from "../contract/job.ts";
import { instant, instantOrNull } from "./database.ts";

type Time = string | Date;

/** What both tables hold. */
export type JobRow = {
  id: string;
  workspace_id: number;
  queue: string;
  kind: string;
  state: JobState;
  priority: number;
  attempt: number;
  max_attempts: number;
  execution: number;
  run_at: Time;
  created_at: Time;
  ttl_seconds: number | null;
  timeout_seconds: number;
  backoff: Partial<Backoff> | null;
  payload: unknown;
  unique_key: string | null;
  tags: string[] | null;
  labels: Record<string, string> | null;
  traceparent: string | null;
  lease_token: string | null;
  runner_id: string | null;
  started_at: Time | null;
  progress: number;
  progress_message: string | null;
  error: JobError | null;
};

/** The rest: of the hot table, of the history, or of the view. */
export type JobDetails = {
  lease_expires_at?: Time | null;
  cancel_requested_at?: Time | null;
  finished_at?: Time | null;
  outcome?: string | null;
  result?: unknown;
  result_version?: number;
  usage?: Usage | null;
};

export const DEFAULT_BACKOFF: Backoff = { type: "exponential", baseSeconds: 1, capSeconds: 60, jitter: true };

export function toJob(row: JobRow & JobDetails): Job {
  return {
    id: toId("job", row.id),
    queue: row.queue,
    kind: row.kind,
    state: row.state,
    priority: row.priority,
    payload: row.payload,
    result: row.result ?? null,
    error: row.error,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    progress: { fraction: row.progress, message: row.progress_message },
    runAt: instant(row.run_at),
    createdAt: instant(row.created_at),
    startedAt: instantOrNull(row.started_at),
    finishedAt: instantOrNull(row.finished_at ?? null),
    leaseExpiresAt: instantOrNull(row.lease_expires_at ?? null),
    cancelRequestedAt: instantOrNull(row.cancel_requested_at ?? null),
    runnerId: row.runner_id,
    uniqueKey: row.unique_key,
    concurrencyKey: null,
    tags: row.tags ?? [],
    requires: { gpus: 0, vramMib: 0, model: null, labels: row.labels ?? {} },
    backoff: { ...DEFAULT_BACKOFF, ...row.backoff },
    timeoutSeconds: row.timeout_seconds,
    ttlSeconds: row.ttl_seconds,
    scheduleId: null,
    flowId: null,
    usage: row.usage ?? null,
  };
}
