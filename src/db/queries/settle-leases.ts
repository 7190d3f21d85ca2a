// Ends leases: the one statement in which a job completes, fails, is cancelled by its runner, or goes back.
//
// Invariants: a row moves only where job and fence match (a stale token finds nothing); `held` locks the rows first, so
// a racing sweep or cancel is either seen or waits; a job whose cancellation was asked for becomes `cancelled` whatever
// the runner says; the row leaves `jobs` in the statement that puts it into `finished_jobs`, so it is terminal once.
//
// The planner takes a JSON array, or a limit it cannot see, for many rows and would read all of `jobs` to join them. So
// here and in the other statements jobs are looked up row by row (`cross join lateral`), or by an array of ids where that
// alone selects them; beside a join the array would be searched once for each of its rows.
import { sql } from "drizzle-orm";
import { type Db, json, rows } from "../database.ts";
import { ATTEMPT_COLUMNS, backoffSeconds, MOVED_COLUMNS } from "./transition.ts";

export type Settlement = {
  /** Position in the request, returned with the row. */
  n: number;
  id: string;
  fence: string;
  outcome: "completed" | "failed" | "released";
  result?: unknown;
  error?: { code: string; message: string; retryable: boolean; details?: unknown } | undefined;
  usage?: unknown;
  /** Wait at least so long before the next attempt (a handler's Retry-After). */
  delay?: number | undefined;
  artifacts?: { name: string; upload: string }[] | undefined;
};

export type SettledRow = {
  n: number;
  id: string;
  queue: string;
  kind: string;
  state: "completed" | "failed" | "cancelled" | "queued" | "scheduled";
  attempt: number;
  error: Settlement["error"] | null;
  wait_seconds: number;
  run_seconds: number;
  retry_in_seconds: number | null;
};

/** One row a lease that was held; leases that were lost, or settled before, have none. */
export function settleLeases(db: Db, { workspaceId, items }: { workspaceId: number; items: readonly Settlement[] }): Promise<SettledRow[]> {
  return rows(
    db,
    sql`with item as materialized (
      select * from jsonb_to_recordset(${json(items)}) as i (n integer, id uuid, fence uuid, outcome text, result jsonb, error jsonb, usage jsonb, delay double precision, artifacts jsonb)
    ), held as materialized (
      select j.*, i.n, i.result, i.error as new_error, i.usage, i.artifacts, greatest(i.delay, ${backoffSeconds("j")}) as delay,
        case when j.cancel_requested_at is not null then 'cancelled' when i.outcome = 'completed' then 'completed' when i.outcome = 'released' then 'queued'
          when j.attempt >= j.max_attempts or (i.error ->> 'retryable')::boolean is false then 'failed' else 'scheduled' end as next_state
      -- In the order of the ids, as heartbeats lock them too: else two calls about the same leases could deadlock.
      from (select * from item order by id) as i cross join lateral (
        select * from millrace.jobs where id = i.id and lease_token = i.fence and workspace_id = ${workspaceId} for update
      ) as j
    ), gone as (
      delete from millrace.jobs j where j.id = any (array(select id from held where next_state in ('completed', 'failed', 'cancelled')))
    ), finished as (
      insert into millrace.finished_jobs (${MOVED_COLUMNS}, progress, state, outcome, error, finished_at, result, result_at, usage)
      select ${MOVED_COLUMNS}, case when next_state = 'completed' then 1 else progress end, next_state, next_state,
        case when next_state = 'failed' then new_error end, now(), case when next_state = 'completed' then result end, now(), usage
      from held where next_state in ('completed', 'failed', 'cancelled')
    ), back as (
      update millrace.jobs j set state = h.next_state, lease_token = null, lease_seconds = null, lease_expires_at = null, deadline_at = null,
        attempt = case when h.next_state = 'queued' then j.attempt - 1 else j.attempt end,
        run_at = case when h.next_state = 'queued' then j.run_at else now() + h.delay * interval '1 second' end,
        error = case when h.next_state = 'scheduled' then h.new_error end, progress = 0, progress_message = null
      from held h where j.id = h.id and h.next_state in ('queued', 'scheduled')
    ), attempted as (
      insert into millrace.attempts (${ATTEMPT_COLUMNS})
      select id, execution, attempt, lease_token, case when next_state = 'queued' then 'released' else 'failed' end, runner_id, started_at, now(), new_error, usage
      from held where next_state in ('queued', 'scheduled')
    ), kept as (
      insert into millrace.artifacts (job_id, name, upload_id)
      -- Of two artifacts with one name the later counts; one statement cannot write a row twice.
      select distinct on (h.id, a.name) h.id, a.name, a.upload
      from held h, rows from (jsonb_to_recordset(h.artifacts) as (name text, upload uuid)) with ordinality as a (name, upload, n)
      where jsonb_typeof(h.artifacts) = 'array' order by h.id, a.name, a.n desc
      on conflict (job_id, name) do update set upload_id = excluded.upload_id, created_at = now()
    )
    select n, id, queue, kind, next_state as state, attempt, new_error as error,
      extract(epoch from started_at - greatest(run_at, created_at))::double precision as wait_seconds,
      extract(epoch from now() - started_at)::double precision as run_seconds,
      case when next_state = 'scheduled' then delay end as retry_in_seconds
    from held`,
  );
}
