// One look at what is due, and what it takes: promotes jobs whose time has come, rescues expired leases, fails jobs past
// their time to live, and wakes whoever serves queues that hold ready jobs. Safe to run twice and by many at once.
import { type ExpiredRow, expireJobs } from "../../db/queries/expire-jobs.ts";
import { findDue } from "../../db/queries/find-due.ts";
import { promoteDueJobs } from "../../db/queries/promote-due-jobs.ts";
import { rescueLeases } from "../../db/queries/rescue-leases.ts";
import type { EnginePorts } from "../context.ts";
import { jobEvent, publish } from "../job/job-events.ts";
import { announceSettled } from "../lease/settle.ts";

const BATCH = 1_000;

export type SweepReport = {
  promoted: number;
  rescued: number;
  expired: number /** Seconds until the next thing is due; null: nothing in sight. */;
  nextInSeconds: number | null;
};

export async function sweep(ports: EnginePorts): Promise<SweepReport> {
  const due = await findDue(ports.db);
  const report: SweepReport = { promoted: 0, rescued: 0, expired: 0, nextInSeconds: null };
  if (isDue(due.rescue_in)) report.rescued = await untilFewer(() => rescue(ports));
  if (isDue(due.expire_in)) report.expired = await untilFewer(() => expire(ports));
  if (isDue(due.promote_in)) report.promoted = await untilFewer(() => promote(ports));
  for (const [workspaceId, group] of Map.groupBy(due.ready ?? [], (ready) => ready.workspaceId)) {
    ports.notifier.notify(
      workspaceId,
      group.map(({ queue }) => queue),
    );
  }
  const ahead = [due.promote_in, due.rescue_in, due.expire_in].filter((seconds): seconds is number => seconds !== null && seconds > 0);
  report.nextInSeconds = ahead.length > 0 ? Math.min(...ahead) : null;
  return report;
}

function isDue(seconds: number | null): boolean {
  return seconds !== null && seconds <= 0;
}

/** Repeats a batch until one comes back less than full; the sum of their sizes. */
async function untilFewer(batch: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let done = BATCH; done >= BATCH; total += done) done = await batch();
  return total;
}

async function promote(ports: EnginePorts): Promise<number> {
  const promoted = await promoteDueJobs(ports.db, { limit: BATCH });
  for (const { workspace_id, queue } of promoted) ports.notifier.notify(workspace_id, [queue]);
  return promoted.reduce((sum, row) => sum + row.promoted, 0);
}

async function rescue(ports: EnginePorts): Promise<number> {
  const rescued = await rescueLeases(ports.db, { limit: BATCH });
  announceSettled(ports, rescued);
  for (const { id, queue, error, state } of rescued)
    ports.logger.warn("an attempt was taken away", { jobUuid: id, queue, state, code: error?.code });
  return rescued.length;
}

async function expire(ports: EnginePorts): Promise<number> {
  const expired: ExpiredRow[] = await expireJobs(ports.db, { limit: BATCH });
  publish(
    ports,
    expired.map((row) =>
      jobEvent(ports, "job.failed", {
        workspaceId: row.workspace_id,
        id: row.id,
        queue: row.queue,
        kind: row.kind,
        data: { state: "failed", error: row.error },
      }),
    ),
  );
  return expired.length;
}
