// Makes sure that a key which the operator or supervisor holds is known to the database.
import type { Scope } from "../contract/key.ts";
import type { Db } from "../db/database.ts";
import { countAdminKeys, insertKey } from "../db/queries/api-keys.ts";
import { hashKey } from "./key/secret.ts";

const DEFAULT_WORKSPACE = 1; // made by the first migration

/** Stores the key's hash unless it is stored already. Returns whether it was new. */
export async function ensureKey(db: Db, { key, name, scopes }: { key: string; name: string; scopes: readonly Scope[] }): Promise<boolean> {
  return (await insertKey(db, { workspaceId: DEFAULT_WORKSPACE, name, scopes, hash: await hashKey(key) })) !== null;
}

/** Whether anybody can administer the default workspace. */
export async function hasAdminKey(db: Db): Promise<boolean> {
  return (await countAdminKeys(db, { workspaceId: DEFAULT_WORKSPACE })) > 0;
}
