// Fails jobs that did not start before their time to live ran out. One that was never leased is not running.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";
import { MOVED_COLUMNS } from "./transition.ts";

export type ExpiredRow = {
  workspace_id: number;
  id: string;
  queue: string;
  kind: string;
  error: { code: string; message: string; retryable: boolean };
};

/** At most `limit` expired jobs. */
export function expireJobs(db: Db, { limit }: { limit: number }): Promise<ExpiredRow[]> {
  return rows(
    db,
    sql`with held as materialized (
      select j.*, jsonb_build_object('code', 'ttl_expired', 'message', format('The job did not start within its time to live of %s s.', j.ttl_seconds), 'retryable', false) as new_error
      from millrace.jobs j where j.expires_at <= now() and j.execution = 0
      order by j.expires_at limit ${limit} for update skip locked
    ), gone as (
      delete from millrace.jobs j where j.id = any (array(select id from held))
    ), finished as (
      insert into millrace.finished_jobs (${MOVED_COLUMNS}, progress, state, error, finished_at)
      select ${MOVED_COLUMNS}, 0, 'failed', new_error, now() from held
    )
    select workspace_id, id, queue, kind, new_error as error from held`,
  );
}
