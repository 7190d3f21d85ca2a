// Reads one job.
import type { Job } from "../../contract/job.ts";
import { toJob } from "../../db/job-row.ts";
import { findJob } from "../../db/queries/find-job.ts";
import { authorise, type Call } from "../context.ts";
import { notFound } from "../problem-error.ts";
import { jobUuid } from "./job-uuid.ts";

export async function getJob({ ctx, input }: Call<{ id: string }>): Promise<Job> {
  authorise(ctx, "read", "submit", "runner");
  const row = await findJob(ctx.db, { workspaceId: ctx.identity.workspaceId, id: jobUuid(input.id) });
  if (!row) throw notFound("job", input.id);
  return toJob(row);
}
