// The keys of a local deployment: the admin's, shown once, and the runner's, kept in a file that only its owner reads.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureKey } from "../../core/bootstrap.ts";
import { makeKey } from "../../core/key/secret.ts";
import type { Db } from "../../db/database.ts";

/**
 * Makes the admin key known: the given one, or on the first start a new one. Returns a key that nobody has seen yet.
 * The marker is written last, so a start that was cut off in between makes another key instead of none.
 */
export async function ensureAdminKey(db: Db, dataDirectory: string, given: string | undefined): Promise<string | null> {
  if (given !== undefined) {
    await ensureKey(db, { key: given, name: "MILLRACE_ADMIN_KEY", scopes: ["admin"] });
    return null;
  }
  const marker = join(dataDirectory, "admin-key-made");
  if (existsSync(marker)) return null;
  const key = makeKey();
  await ensureKey(db, { key, name: "first admin", scopes: ["admin"] });
  writeFileSync(marker, `The first admin key was made and shown at ${new Date().toISOString()}.\n`, { mode: 0o600 });
  return key;
}

/** The key of the runner that we start ourselves, made once. */
export async function ensureRunnerToken(db: Db, dataDirectory: string): Promise<string> {
  const path = join(dataDirectory, "runner.token");
  const token = existsSync(path) ? readFileSync(path, "utf8").trim() : makeKey();
  // The database may be a new one beside an old file.
  await ensureKey(db, { key: token, name: "local runner", scopes: ["runner"] });
  if (!existsSync(path)) writeFileSync(path, `${token}\n`, { mode: 0o600 });
  return token;
}
