// SQL fragments that the statements which end an attempt share.
import { type SQL, sql } from "drizzle-orm";

/** The columns that move as they are from `jobs` to `finished_jobs`. */
export const MOVED_COLUMNS: SQL =
  sql.raw(`id, workspace_id, queue, kind, priority, attempt, max_attempts, execution, run_at, created_at, ttl_seconds,
  timeout_seconds, backoff, payload, unique_key, tags, labels, traceparent, lease_token, runner_id, started_at, progress_message`);

export const ATTEMPT_COLUMNS: SQL = sql.raw(
  "job_id, execution, number, lease_token, outcome, runner_id, started_at, finished_at, error, usage",
);

/**
 * Seconds to wait after attempt n of the job in table `alias`: exponential `min(base·2^(n−1), cap)`, linear `min(base·n, cap)`,
 * fixed `base`; with jitter multiplied by a random factor in [0.5, 1]. Fields that `backoff` lacks have API.md's defaults.
 */
export function backoffSeconds(alias: string): SQL {
  return sql.raw(`(select case b.kind when 'fixed' then b.base when 'linear' then least(b.base * ${alias}.attempt, b.cap)
      else least(b.base * 2 ^ (${alias}.attempt - 1), b.cap) end * case when b.jitter then 0.5 + random() / 2 else 1 end
    from (select coalesce(${alias}.backoff ->> 'type', 'exponential') as kind, coalesce((${alias}.backoff ->> 'baseSeconds')::double precision, 1) as base,
      coalesce((${alias}.backoff ->> 'capSeconds')::double precision, 60) as cap, coalesce((${alias}.backoff ->> 'jitter')::boolean, true) as jitter) as b)`);
}
