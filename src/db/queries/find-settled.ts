// How attempts ended whose lease is over: what a runner that settles twice is answered from.
import { sql } from "drizzle-orm";
import { type Db, json, rows } from "../database.ts";

export type EndedRow = { id: string; fence: string; outcome: string; state: string | null };

/** One row for each (job, fence) that was settled or rescued before; `state` is the job's state now. */
export function findSettled(
  db: Db,
  { workspaceId, leases }: { workspaceId: number; leases: readonly { id: string; fence: string }[] },
): Promise<EndedRow[]> {
  return rows(
    db,
    sql`with lease as materialized (
      select * from jsonb_to_recordset(${json(leases)}) as l (id uuid, fence uuid)
    ), job as materialized (
      select id, state, lease_token, outcome from millrace.all_jobs where id = any (array(select id from lease)) and workspace_id = ${workspaceId}
    ), ended as materialized (
      select job_id, lease_token, outcome from millrace.attempts where job_id = any (array(select id from lease))
    )
    select l.id, l.fence, coalesce(e.outcome, j.outcome) as outcome, j.state
    from lease l join job j on j.id = l.id left join ended e on e.job_id = l.id and e.lease_token = l.fence
    where e.outcome is not null or (j.lease_token = l.fence and j.outcome is not null)`,
  );
}
