// Leases ready jobs in one statement. The work, and why it is a function, is in the SQL function millrace.acquire.
import { sql } from "drizzle-orm";
import { type Db, json, rows, textArray } from "../database.ts";
import type { JobDetails, JobRow } from "../job-row.ts";

export type AcquireStatement = {
  workspaceId: number;
  /** Null for a queue consumer, which takes from every push queue of every workspace. */
  runnerId: string | null;
  queues: readonly string[];
  kinds?: readonly string[] | undefined;
  /** Kinds that consumers handle in push queues. */
  pushKinds: readonly string[];
  max: number;
  leaseSeconds: number;
  labels?: Record<string, string> | undefined;
  capacity?: unknown;
};

export type LeasedRow = JobRow & JobDetails & { lease_token: string; lease_expires_at: string };

/** The leased jobs, by priority, then age. None where the runner is draining. */
export async function acquireLeases(db: Db, input: AcquireStatement): Promise<LeasedRow[]> {
  const leased = await rows<LeasedRow>(
    db,
    sql`select * from millrace.acquire(${input.workspaceId}, ${input.runnerId}, ${textArray(input.queues)}, ${textArray(input.kinds)},
      ${textArray(input.pushKinds)}, ${input.max}, ${input.leaseSeconds}, ${json(input.labels ?? {})}, ${json(input.capacity)})`,
  );
  return leased.sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
}
