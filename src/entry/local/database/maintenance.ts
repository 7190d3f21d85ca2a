// What Postgres' background processes do and PGlite, being one process, does not: vacuum, statistics, checkpoints.
// Without it tables bloat, the planner guesses, and the log to replay after a kill -9 grows without end.
import { setTimeout as sleep } from "node:timers/promises";
import type { Backend } from "./backend.ts";

const INTERVAL_MILLISECONDS = 10_000;
/** Replaying so much takes about a second at the next start. */
const CHECKPOINT_AFTER_BYTES = 64 * 1024 * 1024;

// autovacuum's own thresholds (https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM).
const TABLES_TO_MAINTAIN = `
  SELECT quote_ident(schemaname) || '.' || quote_ident(s.relname),
         (n_dead_tup > 50 + 0.2 * greatest(reltuples, 0) OR n_ins_since_vacuum > 1000 + 0.2 * greatest(reltuples, 0))::int
    FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
   WHERE n_dead_tup > 50 + 0.2 * greatest(reltuples, 0)
      OR n_ins_since_vacuum > 1000 + 0.2 * greatest(reltuples, 0)
      OR n_mod_since_analyze > 50 + 0.1 * greatest(reltuples, 0)`;
const LOG_BYTES = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::bigint FROM pg_control_checkpoint()";

export type MaintenanceOptions = { signal: AbortSignal; onError: (error: unknown) => void; intervalMilliseconds?: number };

/** Looks every few seconds until `signal` aborts. Each statement takes its own turn, so clients wait for one at most. */
export async function maintain(backend: Backend, options: MaintenanceOptions): Promise<void> {
  const inTurn = async (statement: string) => {
    await backend.acquire();
    try {
      return backend.query(statement);
    } finally {
      backend.abandon();
    }
  };
  while (!options.signal.aborted) {
    await sleep(options.intervalMilliseconds ?? INTERVAL_MILLISECONDS, undefined, { signal: options.signal, ref: false }).catch(() => {});
    if (options.signal.aborted) return;
    try {
      // The counters are kept back until they are asked for.
      await inTurn("SELECT pg_stat_force_next_flush()");
      for (const [table, needsVacuum] of await inTurn(TABLES_TO_MAINTAIN)) {
        await inTurn(needsVacuum === "1" ? `VACUUM (ANALYZE) ${table}` : `ANALYZE ${table}`);
      }
      const [[logBytes] = []] = await inTurn(LOG_BYTES);
      if (Number(logBytes) > CHECKPOINT_AFTER_BYTES) await inTurn("CHECKPOINT");
    } catch (error) {
      options.onError(error);
    }
  }
}
