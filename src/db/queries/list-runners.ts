// Runners, most recently seen first is not stable under heartbeats, so: by id, with what each is running now.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";

export const RUNNER_OFFLINE_SECONDS = 60;

export type RunnerRow = {
  id: string;
  queues: string[];
  kinds: string[] | null;
  labels: Record<string, string>;
  capacity: unknown;
  metrics: unknown;
  draining: boolean;
  online: boolean;
  running_jobs: number;
  first_seen_at: string;
  last_seen_at: string;
};

export function listRunners(
  db: Db,
  { workspaceId, id, after, limit }: { workspaceId: number; id?: string; after?: string | undefined; limit: number },
): Promise<RunnerRow[]> {
  return rows(
    db,
    sql`select r.id, r.queues, r.kinds, r.labels, r.capacity, r.metrics, r.draining, r.first_seen_at, r.last_seen_at,
      r.last_seen_at > now() - ${RUNNER_OFFLINE_SECONDS} * interval '1 second' as online,
      (select count(*)::integer from millrace.jobs j where j.workspace_id = r.workspace_id and j.state = 'running' and j.runner_id = r.id) as running_jobs
      from millrace.runners r where r.workspace_id = ${workspaceId} and r.id = coalesce(${id ?? null}, r.id) and r.id > ${after ?? ""}
      order by r.id limit ${limit}`,
  );
}
