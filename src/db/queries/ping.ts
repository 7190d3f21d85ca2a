// Whether the database answers, and with a schema that this code knows.
import { sql } from "drizzle-orm";
import { type Db, rows } from "../database.ts";

/** The names of the migrations that were applied. Throws where the database is away. */
export async function readMigrations(db: Db): Promise<string[]> {
  return (await rows<{ name: string }>(db, sql`select name from millrace.migrations order by name`)).map((row) => row.name);
}
