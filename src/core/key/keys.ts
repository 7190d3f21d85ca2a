// API keys and dashboard sessions: who presents what, making and revoking them.
import { fromId, toId } from "../../contract/ids.ts";
import type { Key, KeyInput, NewKey } from "../../contract/key.ts";
import { instant, instantOrNull } from "../../db/database.ts";
import { deleteKey, findKey, insertKey, type KeyRow, listKeys as selectKeys } from "../../db/queries/api-keys.ts";
import { authorise, type Call, type Identity } from "../context.ts";
import { notFound, ProblemError } from "../problem-error.ts";
import { hashKey, makeKey } from "./secret.ts";

const SESSION_SECONDS = 30 * 86_400;

/** Who has the key with this SHA-256, or null. Needs no identity: it makes one. */
export async function authenticate({ ctx, input }: Call<{ hash: string }>): Promise<Identity | null> {
  const row = await findKey(ctx.db, { hash: input.hash });
  if (!row) return null;
  const sessionOf = row.session_of && toId("key", row.session_of);
  return { workspaceId: row.workspace_id, keyId: toId("key", row.id), sessionOf, name: row.name, scopes: row.scopes };
}

export async function createKey({ ctx, input }: Call<KeyInput>): Promise<NewKey> {
  authorise(ctx);
  const key = makeKey();
  const row = await insertKey(ctx.db, {
    workspaceId: ctx.identity.workspaceId,
    name: input.name,
    scopes: [...new Set(input.scopes)],
    hash: await hashKey(key),
  });
  return { ...toKey(row as KeyRow), key };
}

export async function listKeys({ ctx }: Call<Record<never, never>>): Promise<{ items: Key[] }> {
  authorise(ctx);
  return { items: (await selectKeys(ctx.db, { workspaceId: ctx.identity.workspaceId })).map(toKey) };
}

/** Revokes a key and its sessions; the hashes that caches must forget are returned. */
export async function revokeKey({ ctx, input }: Call<{ id: string }>): Promise<{ hashes: string[] }> {
  authorise(ctx);
  const uuid = fromId("key", input.id);
  // A session is its key in this: it would end with it.
  if (input.id === ctx.identity.keyId || input.id === ctx.identity.sessionOf)
    throw new ProblemError("conflict", "A key cannot revoke itself; use another admin key.");
  const hashes = uuid === null ? [] : await deleteKey(ctx.db, { workspaceId: ctx.identity.workspaceId, id: uuid });
  if (hashes.length === 0) throw notFound("key", input.id);
  return { hashes };
}

/** Trades the caller's key for a session token, to be kept in a cookie. It dies with the key, or after 30 days. */
export async function openSession({ ctx }: Call<Record<never, never>>): Promise<{ token: string; lifetimeSeconds: number }> {
  const { workspaceId, name, scopes } = ctx.identity;
  const keyId = ctx.identity.sessionOf ?? ctx.identity.keyId;
  const token = makeKey();
  const sessionOf = keyId && fromId("key", keyId);
  if (!sessionOf) throw new ProblemError("forbidden", "Only an API key opens a session.");
  await insertKey(ctx.db, { workspaceId, name, scopes, hash: await hashKey(token), sessionOf, lifetimeSeconds: SESSION_SECONDS });
  return { token, lifetimeSeconds: SESSION_SECONDS };
}

/** Ends the caller's session. An API key, which may come in the cookie too, lives on. */
export async function closeSession({ ctx }: Call<Record<never, never>>): Promise<{ hashes: string[] }> {
  const { keyId, sessionOf } = ctx.identity;
  const uuid = sessionOf && keyId && fromId("key", keyId);
  return { hashes: uuid ? await deleteKey(ctx.db, { workspaceId: ctx.identity.workspaceId, id: uuid }) : [] };
}

function toKey(row: KeyRow): Key {
  return {
    id: toId("key", row.id),
    name: row.name,
    scopes: row.scopes,
    createdAt: instant(row.created_at),
    lastUsedAt: instantOrNull(row.last_used_at),
  };
}
