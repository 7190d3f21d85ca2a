// Replaces a completed job's result and keeps the version before it, in one statement.
import { sql } from "drizzle-orm";
import { type Db, json, rows } from "../database.ts";

export type EditStatement = { workspaceId: number; id: string; result: unknown; editedBy: string; ifVersion: number | undefined };

/** The new version, or null where the job is not completed or `ifVersion` is not the current version. */
export async function editResult(db: Db, { workspaceId, id, result, editedBy, ifVersion }: EditStatement): Promise<number | null> {
  const [row] = await rows<{ result_version: number }>(
    db,
    sql`with old as materialized (
      select id, finished_at, result, result_version, result_edited_by, result_at from millrace.finished_jobs
      where id = ${id}::uuid and workspace_id = ${workspaceId} and state = 'completed' and result_version = coalesce(${ifVersion ?? null}::integer, result_version)
      for update
    ), kept as (
      insert into millrace.result_versions (job_id, version, result, edited_by, created_at)
      select id, result_version, result, result_edited_by, coalesce(result_at, finished_at) from old
    )
    update millrace.finished_jobs f set result = ${json(result)}, result_version = old.result_version + 1, result_edited_by = ${editedBy}, result_at = now()
    from old where f.id = old.id and f.finished_at = old.finished_at returning f.result_version`,
  );
  return row?.result_version ?? null;
}
