// API keys and sessions, looked up by the SHA-256 of what was presented.
import { sql } from "drizzle-orm";
import type { Scope } from "../../contract/key.ts";
import { type Db, rows, textArray } from "../database.ts";

export type KeyRow = {
  id: string;
  workspace_id: number;
  name: string;
  scopes: Scope[];
  session_of: string | null;
  created_at: string;
  last_used_at: string | null;
};

/** The live key or session with that hash. Notes its use, at most once a minute. */
export async function findKey(db: Db, { hash }: { hash: string }): Promise<KeyRow | null> {
  const [row] = await rows<KeyRow>(
    db,
    sql`with used as (
      update millrace.api_keys set last_used_at = now() where hash = ${hash} and (last_used_at is null or last_used_at < now() - interval '1 minute')
    )
    select * from millrace.api_keys where hash = ${hash} and (expires_at is null or expires_at > now())`,
  );
  return row ?? null;
}

export type NewKeyRow = {
  workspaceId: number;
  name: string;
  scopes: readonly Scope[];
  hash: string;
  sessionOf?: string;
  lifetimeSeconds?: number;
};

/** The stored key; null where that hash is stored already. */
export async function insertKey(
  db: Db,
  { workspaceId, name, scopes, hash, sessionOf, lifetimeSeconds }: NewKeyRow,
): Promise<KeyRow | null> {
  const [row] = await rows<KeyRow>(
    db,
    sql`insert into millrace.api_keys (workspace_id, name, scopes, hash, session_of, expires_at)
      values (${workspaceId}, ${name}, ${textArray(scopes)}, ${hash}, ${sessionOf ?? null}::uuid, now() + ${lifetimeSeconds ?? null}::double precision * interval '1 second')
      on conflict (hash) do nothing returning *`,
  );
  return row ?? null;
}

export function listKeys(db: Db, { workspaceId }: { workspaceId: number }): Promise<KeyRow[]> {
  return rows(db, sql`select * from millrace.api_keys where workspace_id = ${workspaceId} and session_of is null order by id`);
}

/** The hashes that are dead now (the key's and its sessions'), empty where there was no such key. */
export async function deleteKey(db: Db, { workspaceId, id }: { workspaceId: number; id: string }): Promise<string[]> {
  const gone = await rows<{ hash: string }>(
    db,
    sql`with sessions as (select hash from millrace.api_keys where session_of = ${id}::uuid and workspace_id = ${workspaceId}),
      gone as (delete from millrace.api_keys where id = ${id}::uuid and workspace_id = ${workspaceId} returning hash)
      select hash from gone union all select hash from sessions`,
  );
  return gone.map((row) => row.hash);
}

export async function countAdminKeys(db: Db, { workspaceId }: { workspaceId: number }): Promise<number> {
  const [row] = await rows<{ admins: number }>(
    db,
    sql`select count(*)::integer as admins from millrace.api_keys where workspace_id = ${workspaceId} and session_of is null and 'admin' = any (scopes)`,
  );
  return row?.admins ?? 0;
}
