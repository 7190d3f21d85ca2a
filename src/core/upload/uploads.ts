// Metadata of uploads. The bytes go from the request to the blob store and back without passing through here.
import { fromId, toId } from "../../contract/ids.ts";
import type { Upload } from "../../contract/upload.ts";
import { instant } from "../../db/database.ts";
import { deleteUpload as deleteRow, findUpload, insertUpload, type UploadRow } from "../../db/queries/uploads.ts";
import { authorise, type Call } from "../context.ts";
import { notFound } from "../problem-error.ts";

export type StoredUpload = { upload: Upload; blobKey: string };
type NewUpload = { name: string; contentType: string; sizeBytes: number; sha256: string; blobKey: string };

/** Throws `forbidden` before a byte is read. */
export async function allowUpload({ ctx }: Call<Record<never, never>>): Promise<{ blobPrefix: string }> {
  authorise(ctx, "submit", "runner");
  return { blobPrefix: String(ctx.identity.workspaceId) };
}

/** Records bytes that are in the blob store. Only then does the upload exist. */
export async function recordUpload({ ctx, input }: Call<NewUpload>): Promise<Upload> {
  authorise(ctx, "submit", "runner");
  return toUpload(await insertUpload(ctx.db, { workspaceId: ctx.identity.workspaceId, ...input }));
}

export async function getUpload({ ctx, input }: Call<{ id: string }>): Promise<StoredUpload> {
  authorise(ctx, "read", "submit", "runner");
  const row = await findUpload(ctx.db, { workspaceId: ctx.identity.workspaceId, id: uploadUuid(input.id) });
  if (!row) throw notFound("upload", input.id);
  return { upload: toUpload(row), blobKey: row.blob_key };
}

/** Forgets the upload; the caller then removes the blob, whose key is returned. */
export async function deleteUpload({ ctx, input }: Call<{ id: string }>): Promise<{ blobKey: string }> {
  authorise(ctx, "submit");
  const blobKey = await deleteRow(ctx.db, { workspaceId: ctx.identity.workspaceId, id: uploadUuid(input.id) });
  if (blobKey === null) throw notFound("upload", input.id);
  return { blobKey };
}

function uploadUuid(id: string): string {
  const uuid = fromId("upl", id);
  if (uuid === null) throw notFound("upload", id);
  return uuid;
}

function toUpload(row: UploadRow): Upload {
  return {
    id: toId("upl", row.id),
    name: row.name,
    contentType: row.content_type,
    sizeBytes: Number(row.size_bytes),
    sha256: row.sha256,
    createdAt: instant(row.created_at),
  };
}
