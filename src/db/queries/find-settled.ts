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
    sql`select w.id, w.fence, coalesce(a.outcome, j.outcome) as outcome, j.state
      from jsonb_to_recordset(${json(leases)}) as w (id uuid, fence uuid)
      cross join lateral (
        select v.state, case when v.lease_token = w.fence then v.outcome end as outcome from millrace.all_jobs v
        where v.id = w.id and v.workspace_id = ${workspaceId}
      ) as j
      left join millrace.attempts a on a.job_id = w.id and a.lease_token = w.fence
      where coalesce(a.outcome, j.outcome) is not null`,
  );
}
