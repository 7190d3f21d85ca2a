// A job's artifacts with the files behind them.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";

export type ArtifactRow = { name: string; upload_id: string; content_type: string; size_bytes: string; sha256: string; created_at: string };

export function listArtifacts(db: Db, { workspaceId, id }: { workspaceId: number; id: string }): Promise<ArtifactRow[]> {
  return rows(
    db,
    sql`select a.name, a.upload_id, u.content_type, u.size_bytes, u.sha256, a.created_at from millrace.artifacts a
      join millrace.uploads u on u.id = a.upload_id and u.workspace_id = ${workspaceId} where a.job_id = ${id}::uuid order by a.name`,
  );
}
