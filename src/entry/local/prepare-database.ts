// Brings a database that has just started to the newest schema, and makes the keys known. Loaded from its bundle
// (scripts/build): reading drizzle's hundreds of files took 0.65 s of CPU time at every start, the bundle takes 0.05 s.
import { openDatabase } from "../../adapters/selfhost/database.ts";
import { type Migration, migrate } from "../../db/migrate.ts";
import { ensureAdminKey, ensureRunnerToken } from "./keys.ts";

export type Prepared = { newAdminKey: string | null; runnerToken: string };
export type Preparation = { dataDirectory: string; adminKey: string | undefined; migrations: readonly Migration[] };

/** @public Reached through its bundle. */
export async function prepareDatabase(url: string, { dataDirectory, adminKey, migrations }: Preparation): Promise<Prepared> {
  const { db, close } = openDatabase(url, { max: 1 });
  try {
    await migrate((statement) => db.execute(statement), migrations);
    return {
      newAdminKey: await ensureAdminKey(db, dataDirectory, adminKey),
      runnerToken: await ensureRunnerToken(db, dataDirectory),
    };
  } finally {
    await close();
  }
}
