// The maintained job counts: reading them, and folding the deltas that writers append into the totals.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";

export type CountRow = { workspace: string; queue: string; state: string; jobs: number };

/** Every queue's jobs by state. Costs by the number of queues, not of jobs. */
export function readCounts(db: Db): Promise<CountRow[]> {
  return rows(
    db,
    sql`select w.name as workspace, c.queue, c.state, sum(c.jobs)::double precision as jobs from (
      select * from millrace.job_counts union all select * from millrace.job_count_deltas
    ) as c join millrace.workspaces w on w.id = c.workspace_id group by 1, 2, 3`,
  );
}

/** The advisory lock keeps racing tickers from waiting on each other's totals. */
export async function foldCounts(db: Db): Promise<void> {
  await rows(
    db,
    sql`with me as (select pg_try_advisory_xact_lock(hashtext('millrace.fold_counts')) as alone),
    folded as (delete from millrace.job_count_deltas where (select alone from me) returning *)
    insert into millrace.job_counts as c (workspace_id, queue, state, jobs)
    select workspace_id, queue, state, sum(jobs) from folded group by 1, 2, 3
    on conflict (workspace_id, queue, state) do update set jobs = c.jobs + excluded.jobs`,
  );
}
