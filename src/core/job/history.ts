// What hangs off a job: its attempts, logs and artifacts.
import { toId } from "../../contract/ids.ts";
import type { Artifact, Attempt, LogPage, LogQuery } from "../../contract/job.ts";
import { instant, instantOrNull } from "../../db/database.ts";
import { listArtifacts as selectArtifacts } from "../../db/queries/list-artifacts.ts";
import { listAttempts as selectAttempts } from "../../db/queries/list-attempts.ts";
import { listLogs as selectLogs } from "../../db/queries/list-logs.ts";
import type { Call } from "../context.ts";
import { getJob } from "./get.ts";
import { jobUuid } from "./job-uuid.ts";

export async function listAttempts({ ctx, input }: Call<{ id: string }>): Promise<{ items: Attempt[] }> {
  await getJob({ ctx, input });
  const found = await selectAttempts(ctx.db, { workspaceId: ctx.identity.workspaceId, id: jobUuid(input.id) });
  return {
    items: found.map((row) => ({
      number: row.number,
      outcome: row.outcome,
      runnerId: row.runner_id,
      startedAt: instant(row.started_at),
      finishedAt: instantOrNull(row.finished_at),
      error: row.error,
      usage: row.usage,
    })),
  };
}

export async function listLogs({ ctx, input }: Call<LogQuery & { id: string }>): Promise<LogPage> {
  await getJob({ ctx, input });
  const found = await selectLogs(ctx.db, { id: jobUuid(input.id), after: input.after, limit: input.limit });
  const items = found.map((row) => ({ seq: Number(row.seq), at: instant(row.at), stream: row.stream, line: row.line }));
  return { items, nextAfter: items.at(-1)?.seq ?? input.after };
}

export async function listArtifacts({ ctx, input }: Call<{ id: string }>): Promise<{ items: Artifact[] }> {
  await getJob({ ctx, input });
  const found = await selectArtifacts(ctx.db, { workspaceId: ctx.identity.workspaceId, id: jobUuid(input.id) });
  return {
    items: found.map((row) => ({
      name: row.name,
      uploadId: toId("upl", row.upload_id),
      contentType: row.content_type,
      sizeBytes: Number(row.size_bytes),
      sha256: row.sha256,
      createdAt: instant(row.created_at),
    })),
  };
}
