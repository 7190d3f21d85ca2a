// What the tick has to do, and when next: three index look-ups and one existence check a queue, in one statement.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";

export type Due = {
  /** Seconds until there is something to promote, rescue or expire; null: nothing in sight. Negative: overdue. */
  promote_in: number | null;
  rescue_in: number | null;
  expire_in: number | null;
  /** Queues that hold ready jobs and are not paused. */
  ready: { workspaceId: number; queue: string }[] | null;
};

export async function findDue(db: Db): Promise<Due> {
  const [due] = await rows<Due>(
    db,
    sql`select
      extract(epoch from (select min(run_at) from millrace.jobs where state = 'scheduled') - now())::double precision as promote_in,
      extract(epoch from (select min(lease_expires_at) from millrace.jobs where state = 'running') - now())::double precision as rescue_in,
      extract(epoch from (select min(expires_at) from millrace.jobs where expires_at is not null and execution = 0) - now())::double precision as expire_in,
      (select jsonb_agg(jsonb_build_object('workspaceId', q.workspace_id, 'queue', q.name)) from millrace.queues q where not q.paused
        -- Neither exists() nor without an order: those may be planned as scans of every job.
        and (select true from millrace.jobs j where j.workspace_id = q.workspace_id and j.queue = q.name and j.state = 'queued'
          order by j.priority desc, j.id limit 1)) as ready`,
  );
  return due as Due;
}
