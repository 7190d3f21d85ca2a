// Queues: reading, changing and pausing them.
import type { Queue, QueueInput, QueueStats } from "../../contract/queue.ts";
import { NAME_PATTERN } from "../../contract/text.ts";
import { DEFAULT_BACKOFF } from "../../db/job-row.ts";
import { type QueueRow, listQueues as selectQueues } from "../../db/queries/list-queues.ts";
import { putQueue as upsertQueue } from "../../db/queries/put-queue.ts";
import { readQueueStats, STATS_SAMPLE } from "../../db/queries/read-queue-stats.ts";
import { authorise, type Call } from "../context.ts";
import { notFound } from "../problem-error.ts";

const HOUR_SECONDS = 3600;

export async function listQueues({ ctx }: Call<Record<never, never>>): Promise<{ items: Queue[] }> {
  authorise(ctx, "read", "submit");
  return { items: (await selectQueues(ctx.db, { workspaceId: ctx.identity.workspaceId })).map(toQueue) };
}

export async function getQueue({ ctx, input }: Call<{ name: string }>): Promise<Queue> {
  authorise(ctx, "read", "submit");
  // What is no name is nobody's, and may be no text that Postgres takes.
  const isName = NAME_PATTERN.test(input.name);
  const [row] = isName ? await selectQueues(ctx.db, { workspaceId: ctx.identity.workspaceId, name: input.name }) : [];
  if (!row) throw notFound("queue", input.name);
  return toQueue(row);
}

/** Makes the queue, or changes what `policy` names. */
export async function putQueue({ ctx, input }: Call<{ name: string; policy: QueueInput }>): Promise<Queue> {
  authorise(ctx);
  await upsertQueue(ctx.db, { workspaceId: ctx.identity.workspaceId, ...input });
  // More concurrency, or resumed: whoever waits may find work now.
  ctx.notifier.notify(ctx.identity.workspaceId, [input.name]);
  return getQueue({ ctx, input });
}

export async function pauseQueue({ ctx, input }: Call<{ name: string; paused: boolean }>): Promise<Queue> {
  authorise(ctx);
  await getQueue({ ctx, input });
  return putQueue({ ctx, input: { name: input.name, policy: { paused: input.paused } } });
}

export async function getQueueStats({ ctx, input }: Call<{ name: string }>): Promise<QueueStats> {
  const { counts } = await getQueue({ ctx, input });
  const stats = await readQueueStats(ctx.db, { workspaceId: ctx.identity.workspaceId, name: input.name });
  const sampled = stats.finished === STATS_SAMPLE;
  const span = sampled ? Math.max(stats.span_seconds ?? HOUR_SECONDS, 0.001) : HOUR_SECONDS;
  return {
    counts,
    oldestQueuedSeconds: stats.oldest_queued_seconds,
    lastHour: {
      finished: stats.finished,
      perSecond: stats.finished / span,
      waitSeconds: percentiles(stats.wait),
      runSeconds: percentiles(stats.run),
      sampled,
    },
  };
}

function percentiles(values: (number | null)[] | null) {
  return { p50: values?.[0] ?? null, p95: values?.[1] ?? null, p99: values?.[2] ?? null };
}

function toQueue(row: QueueRow): Queue {
  // Counts are sums of deltas that commit with their jobs: never negative once read in one snapshot.
  const count = (state: string) => row.counts?.[state] ?? 0;
  return {
    name: row.name,
    mode: row.mode,
    concurrency: row.concurrency,
    rateLimit: null,
    paused: row.paused,
    defaults: {
      maxAttempts: row.default_max_attempts,
      backoff: { ...DEFAULT_BACKOFF, ...row.default_backoff },
      timeoutSeconds: row.default_timeout_seconds,
    },
    retentionSeconds: row.retention_seconds,
    counts: {
      scheduled: count("scheduled"),
      queued: count("queued"),
      running: count("running"),
      blocked: count("blocked"),
      completed: count("completed"),
      failed: count("failed"),
      cancelled: count("cancelled"),
    },
  };
}
