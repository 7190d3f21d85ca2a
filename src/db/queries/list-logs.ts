// A job's log lines after a position.
import { sql } from "drizzle-orm";
import type { LogLine } from "../../contract/job.ts";
import { type Db, rows } from "../database.ts";

export type LogRow = { seq: string; at: string; stream: LogLine["stream"]; line: string };

export function listLogs(db: Db, { id, after, limit }: { id: string; after: number; limit: number }): Promise<LogRow[]> {
  return rows(
    db,
    sql`select seq, at, stream, line from millrace.job_logs where job_id = ${id}::uuid and seq > ${after} order by seq limit ${limit}`,
  );
}
