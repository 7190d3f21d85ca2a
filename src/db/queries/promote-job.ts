// Makes one scheduled job ready now.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";

/** The job's queue, or null where no scheduled job has that id. */
export async function promoteJob(
  db: Db,
  { workspaceId, id }: { workspaceId: number; id: string },
): Promise<{ queue: string; kind: string } | null> {
  const [row] = await rows<{ queue: string; kind: string }>(
    db,
    sql`update millrace.jobs set state = 'queued', run_at = now()
      where id = ${id}::uuid and workspace_id = ${workspaceId} and state = 'scheduled' returning queue, kind`,
  );
  return row ?? null;
}
