// Brings Neon to the newest schema over its HTTP driver, and makes sure that somebody has an admin key.
import { openNeon } from "../../src/adapters/edge/database.ts";
import { migrate } from "../../src/db/migrate.ts";
import { loadMigrations } from "../../src/entry/migrations.ts";
import { ensureSomeAdmin } from "../../src/entry/selfhost/prepare.ts";

/** Returns a new admin key, if one had to be made. */
export async function prepareNeon(environment: Readonly<Record<string, string | undefined>>): Promise<string | null> {
  const db = openNeon(environment["DATABASE_URL"] ?? "", { endpoint: environment["NEON_FETCH_ENDPOINT"] });
  await migrate((statement) => db.execute(statement), loadMigrations());
  return ensureSomeAdmin(db, environment["MILLRACE_ADMIN_KEY"]);
}
