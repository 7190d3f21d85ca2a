// Makes a queue or changes its policy; what is left out keeps its value.
import { sql } from "drizzle-orm";
import type { QueueInput } from "../../contract/queue.ts";
import { type Db, json, rows } from "../database.ts";

export async function putQueue(
  db: Db,
  { workspaceId, name, policy }: { workspaceId: number; name: string; policy: QueueInput },
): Promise<void> {
  const { mode, concurrency, paused, defaults, retentionSeconds } = policy;
  await rows(
    db,
    sql`insert into millrace.queues as q (workspace_id, name, mode, concurrency, paused, default_max_attempts, default_backoff, default_timeout_seconds, retention_seconds)
      values (${workspaceId}, ${name}, coalesce(${mode ?? null}, 'pull'), ${concurrency ?? null}::integer, coalesce(${paused ?? null}::boolean, false),
        coalesce(${defaults?.maxAttempts ?? null}::smallint, 3), ${json(defaults?.backoff)}, coalesce(${defaults?.timeoutSeconds ?? null}::double precision, 3600),
        coalesce(${retentionSeconds ?? null}::integer, 604800))
      on conflict (workspace_id, name) do update set
        mode = coalesce(${mode ?? null}, q.mode),
        concurrency = case when ${concurrency === undefined} then q.concurrency else excluded.concurrency end,
        paused = coalesce(${paused ?? null}::boolean, q.paused),
        default_max_attempts = coalesce(${defaults?.maxAttempts ?? null}::smallint, q.default_max_attempts),
        default_backoff = coalesce(excluded.default_backoff, q.default_backoff),
        default_timeout_seconds = coalesce(${defaults?.timeoutSeconds ?? null}::double precision, q.default_timeout_seconds),
        retention_seconds = coalesce(${retentionSeconds ?? null}::integer, q.retention_seconds)`,
  );
}
