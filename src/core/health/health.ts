// Whether the database is there and speaks our schema, and the figures behind /metrics.
import { type CountRow, readCounts } from "../../db/queries/job-counts.ts";
import { readMigrations } from "../../db/queries/ping.ts";
import { type EngineGauges as Gauges, readGauges as readQueueGauges } from "../../db/queries/queue-gauges.ts";
import { LATEST_MIGRATION } from "../../db/schema-version.ts";
import type { Call } from "../context.ts";

/** Null where all is well, else what is wrong with the database. */
export async function checkDatabase({ ctx }: Call<Record<never, never>>): Promise<string | null> {
  const applied = await readMigrations(ctx.db);
  return applied.includes(LATEST_MIGRATION) ? null : `the schema lacks migration ${LATEST_MIGRATION}; run the migrations`;
}

export type JobCount = CountRow;

export type EngineGauges = Gauges;

/** Every queue's backlog and runners, and the scheduler's lag. */
export function readGauges({ ctx }: Call<Record<never, never>>): Promise<EngineGauges> {
  return readQueueGauges(ctx.db);
}

export function readJobCounts({ ctx }: Call<Record<never, never>>): Promise<CountRow[]> {
  return readCounts(ctx.db);
}
