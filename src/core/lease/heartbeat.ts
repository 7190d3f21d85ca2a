// Keeps leases alive and carries progress and logs up, cancellations and losses down.
import { fromLeaseToken, toLeaseToken } from "../../contract/ids.ts";
import { DEFAULT_LEASE_SECONDS, type HeartbeatInput, type HeartbeatResult } from "../../contract/lease.ts";
import { type BeatRow, heartbeatLeases as beatRows } from "../../db/queries/heartbeat-leases.ts";
import { authorise, type Call, type Context } from "../context.ts";
import { isRetryable } from "../database-error.ts";
import { jobEvent, publish } from "../job/job-events.ts";

export async function heartbeatLeases({ ctx, input }: Call<HeartbeatInput>): Promise<HeartbeatResult> {
  authorise(ctx, "runner");
  const known = new Map<string, { lease: HeartbeatInput["leases"][number]; jobUuid: string; fenceUuid: string }>();
  for (const lease of input.leases) {
    const parsed = fromLeaseToken(lease.leaseToken);
    if (parsed) known.set(lease.leaseToken, { lease, ...parsed });
  }
  const beats = [...known.values()].map(({ lease, jobUuid, fenceUuid }) => ({
    id: jobUuid,
    fence: fenceUuid,
    fraction: lease.progress?.fraction,
    message: lease.progress?.message ?? undefined,
  }));
  // A lease that is named twice gets the later progress, and the log lines of both.
  const logs = input.leases.flatMap(({ leaseToken, logs: lines = [] }) => {
    const lease = known.get(leaseToken);
    return lease ? lines.map((line) => ({ id: lease.jobUuid, fence: lease.fenceUuid, ...line })) : [];
  });
  const statement = { workspaceId: ctx.identity.workspaceId, runnerId: input.runnerId, beats, logs, metrics: input.metrics };
  const held = await beatRows(ctx.db, statement).catch((error: unknown) => {
    if (isRetryable(error)) return beatRows(ctx.db, statement);
    throw error;
  });
  const byToken = new Map(held.map((row) => [toLeaseToken(row.id, row.fence), row]));
  announce(ctx, input, byToken);

  const tokens = [...new Set(input.leases.map((lease) => lease.leaseToken))];
  const leaseSeconds = Math.min(DEFAULT_LEASE_SECONDS, ...held.map((row) => row.lease_seconds));
  return {
    extended: tokens.filter((token) => byToken.get(token)?.cancelled === false),
    cancelled: tokens.filter((token) => byToken.get(token)?.cancelled === true),
    lost: tokens.filter((token) => !byToken.has(token)),
    drain: held[0]?.draining ?? false,
    nextHeartbeatSeconds: leaseSeconds / 3,
  };
}

function announce(ctx: Context, input: HeartbeatInput, held: Map<string, BeatRow>): void {
  const events = input.leases.flatMap((lease) => {
    const row = held.get(lease.leaseToken);
    if (!row) return [];
    const facts = { workspaceId: ctx.identity.workspaceId, id: row.id, queue: row.queue, kind: row.kind };
    const progress =
      lease.progress &&
      jobEvent(ctx, "job.progress", {
        ...facts,
        data: { state: "running", progress: { fraction: row.progress, message: row.progress_message } },
      });
    const offset = Number(row.log_offset);
    const logs =
      lease.logs?.length &&
      jobEvent(ctx, "job.log", { ...facts, data: { logs: lease.logs.map((line) => ({ ...line, seq: offset + line.seq })) } });
    return [progress, logs].filter((event) => typeof event === "object");
  });
  publish(ctx, events);
}
