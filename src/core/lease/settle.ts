// Ends leases with their outcomes, and, where asked, acquires the next batch in the same call.
import { fromId, fromLeaseToken } from "../../contract/ids.ts";
import type { SettleInput, SettleItem, SettleResult } from "../../contract/lease.ts";
import { type EndedRow, findSettled } from "../../db/queries/find-settled.ts";
import { type SettledRow, type Settlement, settleLeases as settleRows } from "../../db/queries/settle-leases.ts";
import { findMissingUploads } from "../../db/queries/uploads.ts";
import { authorise, type Call, type EnginePorts } from "../context.ts";
import { isRetryable } from "../database-error.ts";
import { jobEvent, publish } from "../job/job-events.ts";
import { PUSH_KINDS } from "../job/push-kinds.ts";
import { ProblemError } from "../problem-error.ts";
import { acquireLeases } from "./acquire.ts";

type ItemResult = SettleResult["items"][number];

/** An item of the consumers' own, which may ask for a longer wait before the next attempt. */
export type InternalSettleItem = SettleItem & { retryAfterSeconds?: number | undefined };

export async function settleLeases({
  ctx,
  input,
}: Call<Omit<SettleInput, "items"> & { items: InternalSettleItem[]; pollId?: string | undefined }>): Promise<SettleResult> {
  authorise(ctx, "runner");
  await refuseUnknownUploads(ctx, ctx.identity.workspaceId, input.items);
  const items = input.items.length > 0 ? await settleItems(ctx, ctx.identity.workspaceId, input.items) : [];
  if (!input.acquire) return { items };
  try {
    const { leases, drain } = await acquireLeases({ ctx, input: { ...input.acquire, pollId: input.pollId } });
    return { items, leases, drain };
  } catch (error) {
    // What was settled is settled and must be said; work is asked for again.
    ctx.logger.warn("no work could be leased after a settle", { error: String(error) });
    return { items, leases: [], drain: false };
  }
}

async function settleItems(ports: EnginePorts, workspaceId: number, items: readonly InternalSettleItem[]): Promise<ItemResult[]> {
  const settlements = new Map<string, Settlement>();
  for (const [n, item] of items.entries()) {
    const lease = fromLeaseToken(item.leaseToken);
    // The first word about a lease counts; a second one in the same request is answered like one that comes later.
    if (lease && !settlements.has(item.leaseToken)) settlements.set(item.leaseToken, toSettlement(n, item, lease));
  }
  const statement = { workspaceId, items: [...settlements.values()] };
  const settled = await settleRows(ports.db, statement).catch((error: unknown) => {
    if (isRetryable(error)) return settleRows(ports.db, statement);
    throw error;
  });
  announceSettled(
    ports,
    settled.map((row) => ({ ...row, workspace_id: workspaceId })),
  );

  const byPosition = new Map(settled.map((row) => [row.n, row]));
  const open = [...settlements.values()].filter((settlement) => !byPosition.has(settlement.n));
  const ended = open.length > 0 ? await findSettled(ports.db, { workspaceId, leases: open.map(({ id, fence }) => ({ id, fence })) }) : [];
  const byFence = new Map(ended.map((row) => [row.fence, row]));

  return items.map((item) => {
    const settlement = settlements.get(item.leaseToken);
    const row = settlement && byPosition.get(settlement.n);
    if (!settlement) return { leaseToken: item.leaseToken, status: "lease_lost", state: null };
    if (row && settlement.outcome !== item.outcome) return { leaseToken: item.leaseToken, status: "lease_lost", state: row.state };
    if (row) return { leaseToken: item.leaseToken, status: row.state === "cancelled" ? "cancelled" : "ok", state: row.state };
    return answerEnded(item, byFence.get(settlement.fence));
  });
}

/** A lease that is over: `ok` again for the same outcome, else lost. */
function answerEnded(item: SettleItem, ended: EndedRow | undefined): ItemResult {
  const { leaseToken } = item;
  if (!ended) return { leaseToken, status: "lease_lost", state: null };
  if (ended.outcome === item.outcome) return { leaseToken, status: "ok", state: ended.state };
  return { leaseToken, status: ended.outcome === "cancelled" ? "cancelled" : "lease_lost", state: ended.state };
}

function toSettlement(n: number, item: InternalSettleItem, lease: { jobUuid: string; fenceUuid: string }): Settlement {
  const failed = item.outcome === "failed";
  return {
    n,
    id: lease.jobUuid,
    fence: lease.fenceUuid,
    outcome: item.outcome,
    result: item.outcome === "completed" ? (item.result ?? null) : undefined,
    error: failed ? (item.error ?? { code: "failed", message: "The runner gave no reason.", retryable: true }) : undefined,
    usage: item.usage,
    delay: item.retryAfterSeconds,
    artifacts: item.artifacts?.map(({ name, uploadId }) => ({ name, upload: fromId("upl", uploadId) as string })),
  };
}

async function refuseUnknownUploads({ db }: EnginePorts, workspaceId: number, items: readonly SettleItem[]): Promise<void> {
  const named = items.flatMap((item, i) =>
    (item.artifacts ?? []).map((artifact, k) => ({
      path: `items[${i}].artifacts[${k}].uploadId`,
      uuid: fromId("upl", artifact.uploadId) as string,
    })),
  );
  if (named.length === 0) return;
  const missing = new Set(await findMissingUploads(db, { workspaceId, ids: named.map(({ uuid }) => uuid) }));
  const errors = named
    .filter(({ uuid }) => missing.has(uuid))
    .map(({ path }) => ({ path, message: "there is no such upload; upload the artifact first" }));
  if (errors.length > 0)
    throw new ProblemError("invalid", "An artifact names an upload that does not exist; nothing was settled.", { errors });
}

/** The hints that follow attempts which ended, however they ended. */
export function announceSettled(ports: EnginePorts, ended: readonly (Omit<SettledRow, "n"> & { workspace_id: number })[]): void {
  const retries = ended.flatMap((row) => (row.retry_in_seconds === null ? [] : [row.retry_in_seconds]));
  if (retries.length > 0) ports.due.hint(Math.min(...retries));
  for (const [workspaceId, group] of Map.groupBy(ended, (row) => row.workspace_id)) {
    // A freed slot of a limited queue is work too: someone may wait for it.
    const isForConsumers = group.some((row) => PUSH_KINDS.includes(row.kind));
    ports.notifier.notify(workspaceId, [...new Set(group.map((row) => row.queue))], isForConsumers ? {} : { only: "runners" });
  }
  publish(
    ports,
    ended.map((row) => {
      const type = row.state === "scheduled" || row.state === "queued" ? "job.retrying" : (`job.${row.state}` as const);
      const data = {
        state: row.state,
        attempt: row.attempt,
        ...(row.error && row.state !== "completed" ? { error: row.error } : {}),
        ...(row.retry_in_seconds === null ? {} : { retryInSeconds: row.retry_in_seconds }),
        waitSeconds: row.wait_seconds,
        runSeconds: row.run_seconds,
      };
      return jobEvent(ports, type, { workspaceId: row.workspace_id, id: row.id, queue: row.queue, kind: row.kind, data });
    }),
  );
}
