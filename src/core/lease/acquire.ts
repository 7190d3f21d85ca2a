// Hands ready jobs to a runner: at once if there are any, else as soon as there are, until the wait is over.
import { toLeaseToken } from "../../contract/ids.ts";
import type { AcquireInput, AcquireResult, Lease } from "../../contract/lease.ts";
import { instant } from "../../db/database.ts";
import { toJob } from "../../db/job-row.ts";
import { type AcquireStatement, type LeasedRow, acquireLeases as leaseRows } from "../../db/queries/acquire-leases.ts";
import { isDraining } from "../../db/queries/drain-runner.ts";
import { authorise, type Call, type EnginePorts } from "../context.ts";
import { isRetryable } from "../database-error.ts";
import { jobEvent, publish } from "../job/job-events.ts";
import { PUSH_KINDS } from "../job/push-kinds.ts";
import { openPoll } from "./polls.ts";

// A waiting runner looks by itself this often: what a lost hint costs.
const SAFETY_LOOK_MILLISECONDS = 5_000;

/** `pollId` names the wait for `abandonPoll`. */
export async function acquireLeases({ ctx, input }: Call<AcquireInput & { pollId?: string | undefined }>): Promise<AcquireResult> {
  authorise(ctx, "runner");
  const poll = openPoll(input.pollId);
  try {
    return await acquireUntil({ ctx, input, isOver: poll.signal });
  } finally {
    poll.close();
  }
}

async function acquireUntil({ ctx, input, isOver }: Call<AcquireInput> & { isOver: AbortSignal }): Promise<AcquireResult> {
  const { workspaceId } = ctx.identity;
  const deadline = ctx.clock.now() + input.waitSeconds * 1000;
  for (;;) {
    const woken = new AbortController();
    // Listen first, look second: work that comes between the two is not missed.
    const unlisten = input.waitSeconds > 0 ? ctx.notifier.listen(workspaceId, input.queues, () => woken.abort()) : () => {};
    try {
      const leased = await leaseOnce(ctx, { ...input, workspaceId });
      if (leased.length > 0) return { leases: leased.map(toLease), drain: false };
      const left = deadline - ctx.clock.now();
      const drain = await isDraining(ctx.db, { workspaceId, id: input.runnerId });
      if (left <= 0 || drain || isOver.aborted) return { leases: [], drain };
      await ctx.clock.sleep(Math.min(left, SAFETY_LOOK_MILLISECONDS), AbortSignal.any([woken.signal, isOver]));
      if (isOver.aborted) return { leases: [], drain };
    } finally {
      unlisten();
    }
  }
}

/** One attempt to lease, with its events and the reminder to look after the leases. */
export async function leaseOnce(ports: EnginePorts, input: Omit<AcquireStatement, "pushKinds">): Promise<LeasedRow[]> {
  const statement = { ...input, pushKinds: PUSH_KINDS };
  const leased = await leaseRows(ports.db, statement).catch((error: unknown) => {
    if (isRetryable(error)) return leaseRows(ports.db, statement);
    throw error;
  });
  if (leased.length > 0) {
    ports.due.hint(Math.min(input.leaseSeconds, ...leased.map((row) => row.timeout_seconds + 2)));
    publish(
      ports,
      leased.map((row) =>
        jobEvent(ports, "job.started", {
          workspaceId: row.workspace_id,
          id: row.id,
          queue: row.queue,
          kind: row.kind,
          data: { state: "running", attempt: row.attempt, runnerId: row.runner_id },
        }),
      ),
    );
  }
  return leased;
}

export function toLease(row: LeasedRow): Lease {
  return { leaseToken: toLeaseToken(row.id, row.lease_token), expiresAt: instant(row.lease_expires_at), job: toJob(row) };
}
