// Takes a failed or cancelled job back to its queue, attempts reset.
import type { Job } from "../../contract/job.ts";
import { retryJob as retryRow } from "../../db/queries/retry-job.ts";
import { authorise, type Call } from "../context.ts";
import { databaseError } from "../database-error.ts";
import { ProblemError } from "../problem-error.ts";
import { getJob } from "./get.ts";
import { jobEvent, publish } from "./job-events.ts";
import { jobUuid } from "./job-uuid.ts";

/** Throws `conflict` for a job that did not fail, or whose unique key another unfinished job now holds. */
export async function retryJob({ ctx, input }: Call<{ id: string }>): Promise<Job> {
  authorise(ctx, "submit");
  const id = jobUuid(input.id);
  const { workspaceId } = ctx.identity;
  const retried = await retryRow(ctx.db, { workspaceId, id }).catch((error: unknown) => {
    if (databaseError(error)?.code !== "23505") throw error;
    throw new ProblemError(
      "conflict",
      "Another unfinished job of this queue now holds this job's unique key. Cancel it first, or let it end.",
    );
  });
  const job = await getJob({ ctx, input });
  if (!retried) throw new ProblemError("conflict", `Job '${input.id}' is ${job.state}; only a failed or cancelled job can be retried.`);
  ctx.notifier.notify(workspaceId, [retried.queue]);
  publish(ctx, [jobEvent(ctx, "job.enqueued", { workspaceId, id, ...retried, data: { state: "queued", retried: true } })]);
  return job;
}
