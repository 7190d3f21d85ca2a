// Extends leases, records progress and logs, and tells what was cancelled: one statement for all of a runner's leases.
// A row is touched only where job and fence match, so a stale token changes nothing.
import { sql } from "drizzle-orm";
import { type Db, json, rows } from "../database.ts";

export type Beat = { id: string; fence: string; fraction?: number | undefined; message?: string | null | undefined };
export type BeatLog = { id: string; fence: string; seq: number; at: string; stream: string; line: string };

export type HeartbeatStatement = {
  workspaceId: number;
  runnerId: string | null;
  beats: readonly Beat[];
  logs: readonly BeatLog[];
  metrics?: unknown;
};

export type BeatRow = {
  id: string;
  fence: string;
  queue: string;
  kind: string;
  cancelled: boolean;
  lease_seconds: number;
  progress: number;
  progress_message: string | null;
  /** Added to a line's own number to give its position in the job's log. */
  log_offset: string;
  draining: boolean;
};

/** One row a lease that is still held. */
export function heartbeatLeases(db: Db, { workspaceId, runnerId, beats, logs, metrics }: HeartbeatStatement): Promise<BeatRow[]> {
  return rows(
    db,
    sql`with beat as materialized (
      select * from jsonb_to_recordset(${json(beats)}) as b (id uuid, fence uuid, fraction double precision, message text)
    ), seen as (
      update millrace.runners set last_seen_at = now(), metrics = coalesce(${json(metrics)}, metrics)
      where workspace_id = ${workspaceId} and id = ${runnerId}::text returning draining
    ), locked as materialized (
      -- In the order of the ids, as settling locks them too: else two calls about the same leases could deadlock.
      select b.*, 'held' as status from (select * from beat order by id) as b cross join lateral (
        select from millrace.jobs where id = b.id and lease_token = b.fence and workspace_id = ${workspaceId} for update
      ) as j
    ), held as (
      update millrace.jobs j set
        lease_expires_at = least(now() + j.lease_seconds * interval '1 second', j.deadline_at + interval '2 seconds'),
        progress = coalesce(b.fraction, j.progress),
        progress_message = case when b.fraction is null then j.progress_message else b.message end
      -- The status says nothing new, but makes the planner expect few rows and look them up one by one.
      from locked b where b.status = 'held' and j.id = b.id and j.lease_token = b.fence
      returning j.id, j.lease_token as fence, j.queue, j.kind, j.execution, j.cancel_requested_at is not null as cancelled, j.lease_seconds,
        j.progress, j.progress_message
    ), logged as (
      insert into millrace.job_logs (job_id, seq, at, stream, line)
      select h.id, (h.execution - 1) * 1000000000::bigint + l.seq, l.at, l.stream, l.line
      from jsonb_to_recordset(${json(logs)}) as l (id uuid, fence uuid, seq bigint, at timestamptz, stream text, line text)
      join held h on h.id = l.id and h.fence = l.fence
      on conflict do nothing
    )
    select h.id, h.fence, h.queue, h.kind, h.cancelled, h.lease_seconds, h.progress, h.progress_message,
      (h.execution - 1) * 1000000000::bigint as log_offset, coalesce((select draining from seen), false) as draining
    from held h`,
  );
}
