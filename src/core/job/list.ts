// Lists jobs, newest first.
import { fromId } from "../../contract/ids.ts";
import type { JobListQuery, JobPage } from "../../contract/job.ts";
import { toJob } from "../../db/job-row.ts";
import { listJobs as selectJobs } from "../../db/queries/list-jobs.ts";
import { authorise, type Call } from "../context.ts";
import { fromCursor, isUuid, toCursor } from "../cursor.ts";

export async function listJobs({ ctx, input }: Call<JobListQuery>): Promise<JobPage> {
  authorise(ctx, "read", "submit");
  const { queue, kind, state, tag, createdAfter, createdBefore, q, limit } = input;
  const found = await selectJobs(ctx.db, {
    workspaceId: ctx.identity.workspaceId,
    before: fromCursor(input.cursor, isUuid),
    limit: limit + 1,
    queue,
    kind,
    state,
    tag,
    createdAfter,
    createdBefore,
    q,
    qId: q === undefined ? undefined : (fromId("job", q) ?? undefined),
  });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return { items: page.map(toJob), nextCursor: found.length > limit && last ? toCursor(last.id) : null };
}
