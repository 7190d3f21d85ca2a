// Brings the database to the newest schema and makes sure that somebody has an admin key.
import { openDatabase } from "../../adapters/selfhost/database.ts";
import { ensureKey, hasAdminKey } from "../../core/bootstrap.ts";
import { isDatabaseAway } from "../../core/database-error.ts";
import { makeKey } from "../../core/key/secret.ts";
import type { Db } from "../../db/database.ts";
import { migrate } from "../../db/migrate.ts";
import { loadMigrations } from "../migrations.ts";
import type { SelfhostOptions } from "./options.ts";

const TRIES = 60;

/** Waits for the database up to a minute. Returns a new admin key, if one had to be made. */
export async function prepare(
  options: Pick<SelfhostOptions, "DATABASE_URL" | "MILLRACE_MIGRATE" | "MILLRACE_ADMIN_KEY" | "MILLRACE_RUNNER_TOKEN">,
): Promise<string | null> {
  const { db, close } = openDatabase(options.DATABASE_URL, { max: 1 });
  try {
    await untilThere(db);
    if (options.MILLRACE_MIGRATE === "true") await migrate((statement) => db.execute(statement), loadMigrations());
    const { MILLRACE_RUNNER_TOKEN: runnerToken } = options;
    if (runnerToken) await ensureKey(db, { key: runnerToken, name: "MILLRACE_RUNNER_TOKEN", scopes: ["runner"] });
    return await ensureSomeAdmin(db, options.MILLRACE_ADMIN_KEY);
  } finally {
    await close();
  }
}

async function untilThere(db: Db): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await db.execute("select 1");
      return;
    } catch (error) {
      if (!isDatabaseAway(error) || attempt >= TRIES) throw error;
      if (attempt === 1) console.log("Waiting for the database …");
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

export async function ensureSomeAdmin(db: Db, given: string | undefined): Promise<string | null> {
  if (given !== undefined) {
    await ensureKey(db, { key: given, name: "MILLRACE_ADMIN_KEY", scopes: ["admin"] });
    return null;
  }
  if (await hasAdminKey(db)) return null;
  const key = makeKey();
  await ensureKey(db, { key, name: "first admin", scopes: ["admin"] });
  return key;
}
