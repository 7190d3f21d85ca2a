// What a statement reads: it is run with generic plans in a transaction that is rolled back, and Postgres' own counters for
// that transaction say how many rows were read by sequential scans and through indexes, inside SQL functions too.
import { sql } from "drizzle-orm";
import { openDatabase } from "../../../src/adapters/selfhost/database.ts";
import { type Db, rows } from "../../../src/db/database.ts";

export type Touched = {
  /** Rows of jobs and of the partitions of finished_jobs that sequential scans read. */
  sequential: number;
  /** Rows fetched through their indexes. */
  indexed: number;
};

export type Probe = {
  /** Runs `statement` as prepared by a connection that keeps to generic plans. */
  touched(statement: (db: Db) => Promise<unknown>): Promise<Touched>;
  close(): Promise<void>;
};

export function openProbe(url: string): Probe {
  // One connection: the transaction and its counters are that connection's own.
  const { db, close } = openDatabase(url, { max: 1 });
  return {
    async touched(statement) {
      await db.execute(sql.raw("begin"));
      try {
        await db.execute(sql.raw("set local plan_cache_mode = force_generic_plan"));
        // The counters hold what earlier transactions have not reported yet: the difference is this statement's.
        const before = await count(db);
        await statement(db);
        const after = await count(db);
        return { sequential: after.sequential - before.sequential, indexed: after.indexed - before.indexed };
      } finally {
        await db.execute(sql.raw("rollback"));
      }
    },
    close: () => close(),
  };
}

async function count(db: Db): Promise<Touched> {
  const [counted] = await rows<Touched>(
    db,
    sql`select coalesce(sum(seq_tup_read), 0)::integer as sequential, coalesce(sum(idx_tup_fetch), 0)::integer as indexed
      from pg_stat_xact_user_tables where schemaname = 'millrace' and (relname = 'jobs' or relname like 'finished_jobs%')`,
  );
  if (!counted) throw new Error("The counters gave no row.");
  return counted;
}
