// Runners as their calls made them known, and draining them.
import { RunnerName } from "../../contract/lease.ts";
import type { Runner } from "../../contract/runner.ts";
import { instant } from "../../db/database.ts";
import { drainRunner as markDraining } from "../../db/queries/drain-runner.ts";
import { type RunnerRow, listRunners as selectRunners } from "../../db/queries/list-runners.ts";
import { authorise, type Call } from "../context.ts";
import { fromCursor, toCursor } from "../cursor.ts";
import { notFound } from "../problem-error.ts";

export async function listRunners({
  ctx,
  input,
}: Call<{ limit: number; cursor?: string | undefined }>): Promise<{ items: Runner[]; nextCursor: string | null }> {
  authorise(ctx, "read", "submit");
  const after = fromCursor(input.cursor, isRunnerId);
  const found = await selectRunners(ctx.db, { workspaceId: ctx.identity.workspaceId, after, limit: input.limit + 1 });
  const page = found.slice(0, input.limit);
  const last = page.at(-1);
  return { items: page.map(toRunner), nextCursor: found.length > input.limit && last ? toCursor(last.id) : null };
}

export async function getRunner({ ctx, input }: Call<{ id: string }>): Promise<Runner> {
  authorise(ctx, "read", "submit");
  refuseOddId(input.id);
  const [row] = await selectRunners(ctx.db, { workspaceId: ctx.identity.workspaceId, id: input.id, limit: 1 });
  if (!row) throw notFound("runner", input.id);
  return toRunner(row);
}

/** The runner hears of it at its next call, takes no more work, finishes what it has and exits. */
export async function drainRunner({ ctx, input }: Call<{ id: string }>): Promise<Runner> {
  authorise(ctx);
  refuseOddId(input.id);
  const { workspaceId } = ctx.identity;
  if (!(await markDraining(ctx.db, { workspaceId, id: input.id }))) throw notFound("runner", input.id);
  const runner = await getRunner({ ctx, input });
  ctx.notifier.notify(workspaceId, runner.queues);
  await ctx.bus.publish([
    { workspaceId, type: "runner.draining", at: new Date(ctx.clock.now()).toISOString(), data: { runnerId: input.id } },
  ]);
  return runner;
}

function isRunnerId(id: string): boolean {
  return RunnerName.safeParse(id).success;
}

/** What is no runner's id is nobody's, and may be no text that Postgres takes. */
function refuseOddId(id: string): void {
  if (!isRunnerId(id)) throw notFound("runner", id);
}

function toRunner(row: RunnerRow): Runner {
  return {
    id: row.id,
    state: row.online ? (row.draining ? "draining" : "online") : "offline",
    queues: row.queues,
    kinds: row.kinds,
    labels: row.labels,
    capacity: row.capacity,
    metrics: row.metrics,
    runningJobs: row.running_jobs,
    firstSeenAt: instant(row.first_seen_at),
    lastSeenAt: instant(row.last_seen_at),
  };
}
