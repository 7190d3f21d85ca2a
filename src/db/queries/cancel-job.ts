// Cancels a job: one that waits becomes `cancelled` at once, a running one is marked and its runner told.
//
// `held` is the row as it is once it is locked; where it was leased while we waited for the lock, this statement's snapshot
// still shows it as queued. Postgres checks the constraints of an updated row before it notices that, so `marked` takes
// every column that a constraint ties to the mark from `held`: else cancelling a job that is just being leased would fail.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";
import { MOVED_COLUMNS } from "./transition.ts";

export type CancelledRow = { queue: string; kind: string; state: "cancelled" | "running" };

/** The job's row, or none where no unfinished job has that id. */
export async function cancelJob(db: Db, { workspaceId, id }: { workspaceId: number; id: string }): Promise<CancelledRow | null> {
  const [row] = await rows<CancelledRow>(
    db,
    sql`with held as materialized (
      select * from millrace.jobs where id = ${id}::uuid and workspace_id = ${workspaceId} for update
    ), gone as (
      delete from millrace.jobs j using held h where j.id = h.id and h.state <> 'running'
    ), finished as (
      insert into millrace.finished_jobs (${MOVED_COLUMNS}, progress, state, error, finished_at)
      select ${MOVED_COLUMNS}, progress, 'cancelled', error, now() from held where state <> 'running'
    ), marked as (
      update millrace.jobs j set cancel_requested_at = coalesce(h.cancel_requested_at, now()), state = h.state, attempt = h.attempt,
        lease_token = h.lease_token, lease_expires_at = h.lease_expires_at, deadline_at = h.deadline_at
      from held h where j.id = h.id and h.state = 'running'
    )
    select queue, kind, case when state = 'running' then 'running' else 'cancelled' end as state from held`,
  );
  return row ?? null;
}
