// A job's attempts, oldest first: those that ended before the job did, and the one on the job's own row.
import { sql } from "drizzle-orm";
import type { Attempt } from "../../contract/job.ts";
import { type Db, rows } from "../database.ts";

export type AttemptRow = {
  number: number;
  outcome: Attempt["outcome"];
  runner_id: string | null;
  started_at: string;
  finished_at: string | null;
  error: Attempt["error"];
  usage: Attempt["usage"];
};

export function listAttempts(db: Db, { workspaceId, id }: { workspaceId: number; id: string }): Promise<AttemptRow[]> {
  return rows(
    db,
    sql`with job as (select * from millrace.all_jobs where id = ${id}::uuid and workspace_id = ${workspaceId})
    select number, outcome, runner_id, started_at, finished_at, error, usage from (
      select a.execution, a.number, a.outcome, a.runner_id, a.started_at, a.finished_at, a.error, a.usage
      from millrace.attempts a join job on job.id = a.job_id
      union all
      select execution, attempt, coalesce(outcome, 'running'), runner_id, started_at, finished_at, error, usage from job where lease_token is not null
    ) as every order by execution`,
  );
}
