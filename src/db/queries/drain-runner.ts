// Tells a runner, at its next call, to take no more work.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";

/** Whether there is such a runner. */
export async function drainRunner(db: Db, { workspaceId, id }: { workspaceId: number; id: string }): Promise<boolean> {
  return (
    (await rows(db, sql`update millrace.runners set draining = true where workspace_id = ${workspaceId} and id = ${id} returning id`))
      .length > 0
  );
}

/** Whether the runner was told to drain. */
export async function isDraining(db: Db, { workspaceId, id }: { workspaceId: number; id: string }): Promise<boolean> {
  const [row] = await rows<{ draining: boolean }>(
    db,
    sql`select draining from millrace.runners where workspace_id = ${workspaceId} and id = ${id}`,
  );
  return row?.draining ?? false;
}
