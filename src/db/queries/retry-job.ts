// Takes a failed or cancelled job back to `queued` with its attempts reset. Its earlier attempts stay in the history.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";
import { ATTEMPT_COLUMNS } from "./transition.ts";

/** The job's queue and kind, or null where no failed or cancelled job has that id. Raises 23505 where its unique key is taken. */
export async function retryJob(
  db: Db,
  { workspaceId, id }: { workspaceId: number; id: string },
): Promise<{ queue: string; kind: string } | null> {
  const [row] = await rows<{ queue: string; kind: string }>(
    db,
    sql`with old as (
      delete from millrace.finished_jobs where id = ${id}::uuid and workspace_id = ${workspaceId} and state in ('failed', 'cancelled') returning *
    ), attempted as (
      insert into millrace.attempts (${ATTEMPT_COLUMNS})
      select id, execution, attempt, lease_token, outcome, runner_id, started_at, finished_at, error, usage from old where lease_token is not null
    )
    insert into millrace.jobs (id, workspace_id, queue, kind, state, priority, max_attempts, execution, run_at, created_at, ttl_seconds, expires_at,
      timeout_seconds, backoff, payload, unique_key, tags, labels, traceparent)
    select id, workspace_id, queue, kind, 'queued', priority, max_attempts, execution, now(), created_at, ttl_seconds,
      now() + ttl_seconds * interval '1 second', timeout_seconds, backoff, payload, unique_key, tags, labels, traceparent
    from old returning queue, kind`,
  );
  return row ?? null;
}
