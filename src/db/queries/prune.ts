// Retention: drops old partitions, deletes single jobs whose queue keeps them for less, and clears what else has expired.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";

/** Makes the coming days' partitions and drops those that every queue has outlived. */
export async function turnPartitions(db: Db): Promise<void> {
  await rows(db, sql`select millrace.ensure_partitions(), millrace.drop_old_partitions()`);
}

/** Deletes at most `limit` finished jobs past their queue's retention, with what hangs off them. Returns how many. */
export async function pruneFinished(db: Db, { limit }: { limit: number }): Promise<number> {
  const [row] = await rows<{ pruned: number }>(
    db,
    sql`with old as materialized (
      select f.id from millrace.queues q cross join lateral (
        select id from millrace.finished_jobs j where j.workspace_id = q.workspace_id and j.queue = q.name
          and j.finished_at < now() - q.retention_seconds * interval '1 second' order by j.finished_at limit ${limit} for update skip locked
      ) as f limit ${limit}
    ), gone as (
      delete from millrace.finished_jobs f where f.id = any (array(select id from old)) returning f.id
    ), logs as (delete from millrace.job_logs l using gone where l.job_id = gone.id),
    attempts as (delete from millrace.attempts a using gone where a.job_id = gone.id),
    artifacts as (delete from millrace.artifacts a using gone where a.job_id = gone.id),
    versions as (delete from millrace.result_versions v using gone where v.job_id = gone.id)
    select count(*)::integer as pruned from gone`,
  );
  return row?.pruned ?? 0;
}

/** Forgets idempotency keys after a day and sessions after their end. */
export async function clearExpired(db: Db): Promise<void> {
  await rows(
    db,
    sql`with keys as (delete from millrace.idempotency_keys where created_at < now() - interval '24 hours')
      delete from millrace.api_keys where expires_at < now()`,
  );
}
