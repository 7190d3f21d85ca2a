// Metadata of uploads; the bytes are in the blob store.
import { sql } from "drizzle-orm";
import { type Db, json, rows } from "../database.ts";

export type UploadRow = {
  id: string;
  name: string;
  content_type: string;
  size_bytes: string;
  sha256: string;
  blob_key: string;
  created_at: string;
};
type NewUpload = { workspaceId: number; name: string; contentType: string; sizeBytes: number; sha256: string; blobKey: string };
type Key = { workspaceId: number; id: string };

export async function insertUpload(db: Db, { workspaceId, name, contentType, sizeBytes, sha256, blobKey }: NewUpload): Promise<UploadRow> {
  const [row] = await rows<UploadRow>(
    db,
    sql`insert into millrace.uploads (workspace_id, name, content_type, size_bytes, sha256, blob_key)
      values (${workspaceId}, ${name}, ${contentType}, ${sizeBytes}, ${sha256}, ${blobKey}) returning *`,
  );
  return row as UploadRow;
}

export async function findUpload(db: Db, { workspaceId, id }: Key): Promise<UploadRow | null> {
  const [row] = await rows<UploadRow>(db, sql`select * from millrace.uploads where id = ${id}::uuid and workspace_id = ${workspaceId}`);
  return row ?? null;
}

/** The blob key that is free to be deleted now, or null where there was no such upload. */
export async function deleteUpload(db: Db, { workspaceId, id }: Key): Promise<string | null> {
  const [row] = await rows<{ blob_key: string }>(
    db,
    sql`delete from millrace.uploads where id = ${id}::uuid and workspace_id = ${workspaceId} returning blob_key`,
  );
  return row?.blob_key ?? null;
}

/** Those of `ids` that are not uploads of this workspace. */
export async function findMissingUploads(db: Db, { workspaceId, ids }: { workspaceId: number; ids: readonly string[] }): Promise<string[]> {
  const missing = await rows<{ id: string }>(
    db,
    sql`select w.id from jsonb_to_recordset(${json(ids.map((id) => ({ id })))}) as w (id uuid)
      where not exists (select from millrace.uploads u where u.id = w.id and u.workspace_id = ${workspaceId})`,
  );
  return missing.map((row) => row.id);
}
