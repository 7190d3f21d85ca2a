// A completed job's result: reading it with its earlier versions, and editing it.
import type { JobResult, ResultEdit } from "../../contract/job.ts";
import { instant } from "../../db/database.ts";
import { editResult as editRow } from "../../db/queries/edit-result.ts";
import { findJob } from "../../db/queries/find-job.ts";
import { listResultVersions } from "../../db/queries/list-result-versions.ts";
import { authorise, type Call } from "../context.ts";
import { notFound, ProblemError } from "../problem-error.ts";
import { jobUuid } from "./job-uuid.ts";

export async function getResult({ ctx, input }: Call<{ id: string }>): Promise<JobResult> {
  authorise(ctx, "read", "submit");
  const id = jobUuid(input.id);
  const [job, versions] = await Promise.all([
    findJob(ctx.db, { workspaceId: ctx.identity.workspaceId, id }),
    listResultVersions(ctx.db, { id }),
  ]);
  if (!job) throw notFound("job", input.id);
  if (job.state !== "completed")
    throw new ProblemError("conflict", `Job '${input.id}' is ${job.state}; only a completed job has a result.`);
  return {
    result: job.result ?? null,
    version: job.result_version ?? 1,
    versions: versions.map((row) => ({
      version: row.version,
      result: row.result,
      createdAt: instant(row.created_at),
      editedBy: row.edited_by,
    })),
  };
}

/** Throws `conflict` for a job that is not completed, or where `version` is not the current one. */
export async function editResult({ ctx, input }: Call<ResultEdit & { id: string }>): Promise<JobResult> {
  authorise(ctx, "submit");
  const { identity, db } = ctx;
  const edited = await editRow(db, {
    workspaceId: identity.workspaceId,
    id: jobUuid(input.id),
    result: input.result,
    editedBy: identity.name,
    ifVersion: input.version,
  });
  const current = await getResult({ ctx, input });
  if (edited === null) {
    throw new ProblemError(
      "conflict",
      `The result is at version ${current.version}, not ${input.version}: somebody edited it meanwhile. Read it again.`,
    );
  }
  return current;
}
