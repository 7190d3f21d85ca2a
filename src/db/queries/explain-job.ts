// The facts behind "why is this job not running?", in one statement.
import { sql } from "drizzle-orm";
import type { JobState } from "../../contract/job.ts";
import { type Db, rows } from "../database.ts";
import { RUNNER_OFFLINE_SECONDS } from "./list-runners.ts";

export type ExplainRow = {
  state: JobState;
  queue: string;
  kind: string;
  labels: Record<string, string> | null;
  run_at: string;
  mode: "push" | "pull";
  paused: boolean;
  concurrency: number | null;
  running: number;
  runners: number;
  matching_runners: number;
  ahead: number;
};

export async function explainJob(db: Db, { workspaceId, id }: { workspaceId: number; id: string }): Promise<ExplainRow | null> {
  const [row] = await rows<ExplainRow>(
    db,
    sql`select v.state, v.queue, v.kind, v.labels, v.run_at, q.mode, q.paused, q.concurrency,
      (select count(*)::integer from millrace.jobs r where r.workspace_id = v.workspace_id and r.queue = v.queue and r.state = 'running') as running,
      (select count(*)::integer from millrace.runners r where r.workspace_id = v.workspace_id and v.queue = any (r.queues)
        and r.last_seen_at > now() - ${RUNNER_OFFLINE_SECONDS} * interval '1 second' and not r.draining) as runners,
      (select count(*)::integer from millrace.runners r where r.workspace_id = v.workspace_id and v.queue = any (r.queues)
        and r.last_seen_at > now() - ${RUNNER_OFFLINE_SECONDS} * interval '1 second' and not r.draining
        and (r.kinds is null or v.kind = any (r.kinds)) and (v.labels is null or v.labels <@ r.labels)) as matching_runners,
      -- Two ranges of the index that acquire reads, rather than a condition that looks at all of the queue.
      least(10000, (select count(*)::integer from (select from millrace.jobs a where a.workspace_id = v.workspace_id and a.queue = v.queue and a.state = 'queued'
          and a.priority > v.priority order by a.priority desc, a.id limit 10000) as before)
        + (select count(*)::integer from (select from millrace.jobs a where a.workspace_id = v.workspace_id and a.queue = v.queue and a.state = 'queued'
          and a.priority = v.priority and a.id < v.id order by a.id limit 10000) as before)) as ahead
      from millrace.all_jobs v join millrace.queues q on q.workspace_id = v.workspace_id and q.name = v.queue
      where v.id = ${id}::uuid and v.workspace_id = ${workspaceId}`,
  );
  return row ?? null;
}
