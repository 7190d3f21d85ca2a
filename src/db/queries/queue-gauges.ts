// The state of every queue and of the scheduler, for /metrics: index look-ups, so the cost grows with the number of queues
// and runners, not of jobs.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";
import { RUNNER_OFFLINE_SECONDS } from "./list-runners.ts";

export type QueueGauges = {
  workspace: string;
  queue: string;
  mode: "push" | "pull";
  paused: boolean;
  /** How long the job waits that is ready longest; null where none is. */
  oldestSeconds: number | null;
  /** Runners that serve it, are online and take work. */
  runners: number;
};

export type EngineGauges = {
  /** How long the most overdue promotion, rescue or expiry has waited for a sweep. */
  lagSeconds: number;
  queues: QueueGauges[];
};

export async function readGauges(db: Db): Promise<EngineGauges> {
  const [row] = await rows<{ lag: number; queues: QueueGauges[] | null }>(
    db,
    sql`with serving as (
      select r.workspace_id, s.queue, count(*) as runners from millrace.runners r cross join lateral unnest(r.queues) as s (queue)
      where not r.draining and r.last_seen_at > now() - ${RUNNER_OFFLINE_SECONDS} * interval '1 second' group by 1, 2
    )
    select
      greatest(0, extract(epoch from now() - least(
        (select min(run_at) from millrace.jobs where state = 'scheduled'),
        (select min(lease_expires_at) from millrace.jobs where state = 'running'),
        (select min(expires_at) from millrace.jobs where expires_at is not null and execution = 0)
      )))::double precision as lag,
      (select jsonb_agg(jsonb_build_object('workspace', w.name, 'queue', q.name, 'mode', q.mode, 'paused', q.paused,
        'runners', coalesce(s.runners, 0), 'oldestSeconds', (
          -- The first job of each priority, by the index that leasing uses: there are at most 201 priorities.
          with recursive first as (
            (select priority, greatest(run_at, created_at) as since from millrace.jobs
              where workspace_id = q.workspace_id and queue = q.name and state = 'queued' order by priority desc, id limit 1)
            union all
            select next.* from first cross join lateral (select j.priority, greatest(j.run_at, j.created_at) from millrace.jobs j
              where j.workspace_id = q.workspace_id and j.queue = q.name and j.state = 'queued' and j.priority < first.priority
              order by j.priority desc, j.id limit 1) as next
          ) select greatest(0, extract(epoch from now() - min(since)))::double precision from first)))
        from millrace.queues q join millrace.workspaces w on w.id = q.workspace_id
        left join serving s on s.workspace_id = q.workspace_id and s.queue = q.name) as queues`,
  );
  return { lagSeconds: row?.lag ?? 0, queues: row?.queues ?? [] };
}
