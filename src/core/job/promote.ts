// Makes a scheduled job ready now.
import type { Job } from "../../contract/job.ts";
import { promoteJob as promoteRow } from "../../db/queries/promote-job.ts";
import { authorise, type Call } from "../context.ts";
import { ProblemError } from "../problem-error.ts";
import { getJob } from "./get.ts";
import { jobEvent, publish } from "./job-events.ts";
import { jobUuid } from "./job-uuid.ts";

/** Throws `conflict` for a job that is not scheduled. */
export async function promoteJob({ ctx, input }: Call<{ id: string }>): Promise<Job> {
  authorise(ctx, "submit");
  const id = jobUuid(input.id);
  const { workspaceId } = ctx.identity;
  const promoted = await promoteRow(ctx.db, { workspaceId, id });
  const job = await getJob({ ctx, input });
  if (!promoted) throw new ProblemError("conflict", `Job '${input.id}' is ${job.state}; only a scheduled job can be promoted.`);
  ctx.notifier.notify(workspaceId, [promoted.queue]);
  publish(ctx, [jobEvent(ctx, "job.enqueued", { workspaceId, id, ...promoted, data: { state: "queued", promoted: true } })]);
  return job;
}
