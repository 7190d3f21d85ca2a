// Ends attempts whose lease ran out or whose deadline passed: the job goes back for its next attempt, or fails, or, where
// cancellation was asked for, is cancelled. Any number of sweepers may race: each row is locked and skipped by the others.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";
import type { SettledRow } from "./settle-leases.ts";
import { ATTEMPT_COLUMNS, backoffSeconds, MOVED_COLUMNS } from "./transition.ts";

export type RescuedRow = Omit<SettledRow, "n"> & { workspace_id: number };

/** At most `limit` rescued jobs. */
export function rescueLeases(db: Db, { limit }: { limit: number }): Promise<RescuedRow[]> {
  return rows(
    db,
    sql`with held as materialized (
      select j.*, ${backoffSeconds("j")} as delay, case when now() >= j.deadline_at then 'timeout' else 'lost' end as verdict,
        case when j.cancel_requested_at is not null then 'cancelled' when j.attempt >= j.max_attempts then 'failed' else 'scheduled' end as next_state,
        case when now() >= j.deadline_at then jsonb_build_object('code', 'timeout', 'message', format('The attempt ran longer than %s s.', j.timeout_seconds), 'retryable', true)
          else jsonb_build_object('code', 'lease_expired', 'message', format('Nothing was heard of the attempt for %s s (runner %s); it was taken away.', j.lease_seconds, coalesce(j.runner_id, 'of the queue consumers')), 'retryable', true) end as new_error
      from millrace.jobs j where j.state = 'running' and j.lease_expires_at <= now()
      order by j.lease_expires_at limit ${limit} for update skip locked
    ), gone as (
      delete from millrace.jobs j where j.id = any (array(select id from held where next_state in ('failed', 'cancelled')))
    ), finished as (
      insert into millrace.finished_jobs (${MOVED_COLUMNS}, progress, state, outcome, error, finished_at)
      select ${MOVED_COLUMNS}, progress, next_state, case when next_state = 'cancelled' then 'cancelled' else verdict end,
        case when next_state = 'failed' then new_error end, now()
      from held where next_state in ('failed', 'cancelled')
    ), back as (
      update millrace.jobs j set state = 'scheduled', lease_token = null, lease_seconds = null, lease_expires_at = null, deadline_at = null,
        run_at = now() + h.delay * interval '1 second', error = h.new_error, progress = 0, progress_message = null
      from held h where j.id = h.id and h.next_state = 'scheduled'
    ), attempted as (
      insert into millrace.attempts (${ATTEMPT_COLUMNS})
      select id, execution, attempt, lease_token, verdict, runner_id, started_at, now(), new_error, null from held where next_state = 'scheduled'
    )
    select workspace_id, id, queue, kind, next_state as state, attempt, new_error as error,
      extract(epoch from started_at - greatest(run_at, created_at))::double precision as wait_seconds,
      extract(epoch from now() - started_at)::double precision as run_seconds,
      case when next_state = 'scheduled' then delay end as retry_in_seconds
    from held`,
  );
}
