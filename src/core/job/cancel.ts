// Cancels a job. One that waits is over at once; a running one's runner is told at its next heartbeat.
import type { Job } from "../../contract/job.ts";
import { cancelJob as cancelRow } from "../../db/queries/cancel-job.ts";
import { authorise, type Call } from "../context.ts";
import { ProblemError } from "../problem-error.ts";
import { getJob } from "./get.ts";
import { jobEvent, publish } from "./job-events.ts";
import { jobUuid } from "./job-uuid.ts";

/** Throws `conflict` for a job that is over. */
export async function cancelJob({ ctx, input }: Call<{ id: string }>): Promise<Job> {
  authorise(ctx, "submit");
  const id = jobUuid(input.id);
  const { workspaceId } = ctx.identity;
  const cancelled = await cancelRow(ctx.db, { workspaceId, id });
  const job = await getJob({ ctx, input });
  if (!cancelled) throw new ProblemError("conflict", `Job '${input.id}' is already ${job.state}; only an unfinished job can be cancelled.`);
  if (cancelled.state === "cancelled") {
    publish(ctx, [
      jobEvent(ctx, "job.cancelled", { workspaceId, id, queue: cancelled.queue, kind: cancelled.kind, data: { state: "cancelled" } }),
    ]);
  }
  return job;
}
