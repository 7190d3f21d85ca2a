// Queues with their policy and how many jobs they hold in each state (from the maintained counts, never by counting rows).
import { sql } from "drizzle-orm";
import type { Backoff } from "../../contract/job.ts";
import { type Db, rows } from "../database.ts";

export type QueueRow = {
  name: string;
  mode: "push" | "pull";
  concurrency: number | null;
  paused: boolean;
  default_max_attempts: number;
  default_backoff: Partial<Backoff> | null;
  default_timeout_seconds: number;
  retention_seconds: number;
  counts: Record<string, number> | null;
};

/** All queues of a workspace, or only the named one. */
export function listQueues(db: Db, { workspaceId, name }: { workspaceId: number; name?: string }): Promise<QueueRow[]> {
  return rows(
    db,
    sql`select q.name, q.mode, q.concurrency, q.paused, q.default_max_attempts, q.default_backoff, q.default_timeout_seconds, q.retention_seconds,
      (select jsonb_object_agg(c.state, c.jobs) from (
        select state, sum(jobs) as jobs from (
          select state, jobs from millrace.job_counts t where t.workspace_id = q.workspace_id and t.queue = q.name
          union all select state, jobs from millrace.job_count_deltas d where d.workspace_id = q.workspace_id and d.queue = q.name
        ) as every group by state
      ) as c) as counts
      from millrace.queues q where q.workspace_id = ${workspaceId} and q.name = coalesce(${name ?? null}, q.name) order by q.name`,
  );
}
