// Lists jobs, newest first, by keyset: the cursor is the last id seen.
import { type SQL, sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";
import type { JobDetails, JobRow } from "../job-row.ts";

export type JobFilter = {
  workspaceId: number;
  before?: string | undefined;
  limit: number;
  queue?: string | undefined;
  kind?: string | undefined;
  state?: string | undefined;
  tag?: string | undefined;
  createdAfter?: string | undefined;
  createdBefore?: string | undefined;
  /** The UUID that `q` names, if it is an id. */
  qId?: string | undefined;
  q?: string | undefined;
};

export function listJobs(db: Db, filter: JobFilter): Promise<(JobRow & JobDetails)[]> {
  const conditions: SQL[] = [sql`workspace_id = ${filter.workspaceId}`];
  if (filter.before) conditions.push(sql`id < ${filter.before}::uuid`);
  if (filter.queue) conditions.push(sql`queue = ${filter.queue}`);
  if (filter.kind) conditions.push(sql`kind = ${filter.kind}`);
  if (filter.state) conditions.push(sql`state = ${filter.state}`);
  if (filter.tag) conditions.push(sql`${filter.tag} = any (tags)`);
  if (filter.createdAfter) conditions.push(sql`created_at >= ${filter.createdAfter}::timestamptz`);
  if (filter.createdBefore) conditions.push(sql`created_at < ${filter.createdBefore}::timestamptz`);
  if (filter.qId) conditions.push(sql`id = ${filter.qId}::uuid`);
  else if (filter.q) {
    const pattern = `%${filter.q.replace(/[\\%_]/g, "\\$&")}%`;
    conditions.push(
      sql`(kind ilike ${pattern} or unique_key ilike ${pattern} or array_to_string(tags, ' ') ilike ${pattern} or payload::text ilike ${pattern})`,
    );
  }
  return rows(db, sql`select * from millrace.all_jobs where ${sql.join(conditions, sql` and `)} order by id desc limit ${filter.limit}`);
}
