// Makes scheduled jobs whose time has come ready. Racing sweepers skip each other's rows.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";

export type PromotedRow = { workspace_id: number; queue: string; promoted: number };

/** At most `limit` jobs; one row a queue that got work. */
export function promoteDueJobs(db: Db, { limit }: { limit: number }): Promise<PromotedRow[]> {
  return rows(
    db,
    sql`with due as materialized (
      select id from millrace.jobs where state = 'scheduled' and run_at <= now() order by run_at limit ${limit} for update skip locked
    ), promoted as (
      update millrace.jobs j set state = 'queued' where j.id = any (array(select id from due)) returning j.workspace_id, j.queue
    )
    select workspace_id, queue, count(*)::integer as promoted from promoted group by 1, 2`,
  );
}
