// Enqueues jobs, all or nothing, in one statement. The work is in the SQL function millrace.enqueue_many.
import { sql } from "drizzle-orm";
import type { Backoff } from "../../contract/job.ts";
import { type Db, json, rows } from "../database.ts";

/** A job as millrace.enqueue_many takes it. `twin`: 1-based position of an earlier job with the same queue and unique key. */
export type NewJob = {
  queue: string;
  kind: string;
  payload: unknown;
  priority?: number | undefined;
  run_at?: string | undefined;
  delay_seconds?: number | undefined;
  max_attempts?: number | undefined;
  backoff?: Backoff | undefined;
  timeout_seconds?: number | undefined;
  ttl_seconds?: number | undefined;
  unique_key?: string | undefined;
  twin?: number | undefined;
  tags?: string[] | undefined;
  labels?: Record<string, string> | undefined;
  traceparent?: string | undefined;
};

export type EnqueuedRow = {
  id: string;
  created: boolean;
  replayed: boolean;
  state: "scheduled" | "queued" | "running" | "blocked";
  run_at: string;
  created_at: string;
  max_attempts: number;
  timeout_seconds: number;
  backoff: Partial<Backoff> | null;
};

export type EnqueueStatement = {
  workspaceId: number;
  jobs: readonly NewJob[];
  queues: readonly { name: string; mode: "push" | "pull" }[];
  idempotency?: { key: string; requestHash: string } | undefined;
};

/** One row a job, in the order given. Raises SQLSTATE MR001 (idempotency mismatch) or MR002 (still in progress). */
export function enqueueJobs(db: Db, { workspaceId, jobs, queues, idempotency }: EnqueueStatement): Promise<EnqueuedRow[]> {
  return rows(
    db,
    sql`select id, created, replayed, state, run_at, created_at, max_attempts, timeout_seconds, backoff
      from millrace.enqueue_many(${workspaceId}, ${json(jobs)}, ${json(queues)}, ${idempotency?.key ?? null}, ${idempotency?.requestHash ?? null})
      order by ordinal`,
  );
}
