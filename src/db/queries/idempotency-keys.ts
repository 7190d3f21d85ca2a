// Stored answers of POST requests that carry an Idempotency-Key. (Enqueueing keeps its own in millrace.enqueue_many, in
// the transaction of the jobs.) A claim whose request died is free again after a minute.
import { sql } from "drizzle-orm";
import { type Db, json, rows } from "../database.ts";

export type StoredAnswer = { request_hash: string; status: number | null; response: unknown };
type Claim = { workspaceId: number; key: string; requestHash: string };

/** Null where the key is now ours; else what is stored under it. */
export async function claimIdempotencyKey(db: Db, { workspaceId, key, requestHash }: Claim): Promise<StoredAnswer | null> {
  const [row] = await rows<StoredAnswer & { claimed: boolean }>(
    db,
    sql`with claimed as (
      insert into millrace.idempotency_keys as k (workspace_id, key, request_hash) values (${workspaceId}, ${key}, ${requestHash})
      on conflict (workspace_id, key) do update set request_hash = excluded.request_hash, status = null, response = null, created_at = now()
        where k.created_at < now() - interval '24 hours' or (k.status is null and k.created_at < now() - interval '1 minute')
      returning true as claimed
    )
    select coalesce((select claimed from claimed), false) as claimed, k.request_hash, k.status, k.response
    from (select) as one left join millrace.idempotency_keys k on k.workspace_id = ${workspaceId} and k.key = ${key}`,
  );
  if (!row || row.claimed) return null;
  return { request_hash: row.request_hash ?? requestHash, status: row.status, response: row.response };
}

export async function storeIdempotentAnswer(
  db: Db,
  { workspaceId, key, status, response }: { workspaceId: number; key: string; status: number; response: unknown },
): Promise<void> {
  await rows(
    db,
    sql`update millrace.idempotency_keys set status = ${status}, response = ${json(response)} where workspace_id = ${workspaceId} and key = ${key}`,
  );
}

export async function releaseIdempotencyKey(db: Db, { workspaceId, key }: { workspaceId: number; key: string }): Promise<void> {
  await rows(db, sql`delete from millrace.idempotency_keys where workspace_id = ${workspaceId} and key = ${key} and status is null`);
}
