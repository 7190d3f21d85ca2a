// A queue's oldest ready job and the last hour's throughput, wait and run times. At most 50,000 finished jobs are read,
// so the cost is bounded however busy the queue is.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";

export const STATS_SAMPLE = 50_000;

export type QueueStatsRow = {
  oldest_queued_seconds: number | null;
  finished: number;
  span_seconds: number | null;
  wait: (number | null)[] | null;
  run: (number | null)[] | null;
};

export async function readQueueStats(db: Db, { workspaceId, name }: { workspaceId: number; name: string }): Promise<QueueStatsRow> {
  const [row] = await rows<QueueStatsRow>(
    db,
    sql`with recent as materialized (
      select finished_at, started_at, extract(epoch from started_at - greatest(run_at, created_at))::double precision as wait,
        extract(epoch from finished_at - started_at)::double precision as run
      from millrace.finished_jobs where workspace_id = ${workspaceId} and queue = ${name} and finished_at > now() - interval '1 hour'
      order by finished_at desc limit ${STATS_SAMPLE}
    )
    select
      (select extract(epoch from now() - greatest(j.run_at, j.created_at))::double precision from millrace.jobs j
        where j.workspace_id = ${workspaceId} and j.queue = ${name} and j.state = 'queued' order by j.id limit 1) as oldest_queued_seconds,
      (select count(*)::integer from recent) as finished,
      (select extract(epoch from now() - min(finished_at))::double precision from recent) as span_seconds,
      (select to_jsonb(percentile_cont(array[0.5, 0.95, 0.99]) within group (order by greatest(wait, 0))) from recent where started_at is not null) as wait,
      (select to_jsonb(percentile_cont(array[0.5, 0.95, 0.99]) within group (order by run)) from recent where started_at is not null) as run`,
  );
  return row as QueueStatsRow;
}
