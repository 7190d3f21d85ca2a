// The earlier versions of a job's result, newest first.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";

export type ResultVersionRow = { version: number; result: unknown; edited_by: string | null; created_at: string };

export function listResultVersions(db: Db, { id }: { id: string }): Promise<ResultVersionRow[]> {
  return rows(
    db,
    sql`select version, result, edited_by, created_at from millrace.result_versions where job_id = ${id}::uuid order by version desc limit 100`,
  );
}
