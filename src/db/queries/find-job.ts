// Reads one job, finished or not.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";
import type { JobDetails, JobRow } from "../job-row.ts";

export async function findJob(db: Db, { workspaceId, id }: { workspaceId: number; id: string }): Promise<(JobRow & JobDetails) | null> {
  const [row] = await rows<JobRow & JobDetails>(
    db,
    sql`select * from millrace.all_jobs where id = ${id}::uuid and workspace_id = ${workspaceId}`,
  );
  return row ?? null;
}
