// Decides whether to hold the next job while the slots are busy.
//
// A job held ready starts with no gap. But a job held behind a long one is a job kept from idle runners, and its time
// limit is already running on the server. So the next job is fetched only when a slot is expected to come free within
// HORIZON_MS — judged by the running job's own progress, else by how long its kind took lately — and is given back if
// the guess was wrong. Where nothing is known the next job comes with the settle, one round trip later.
import type { HeldLease } from "./board.ts";

export const HORIZON_MS = 5000;
/** A prefetched job that waited this long is given back. */
export const GIVE_BACK_AFTER_MS = 2 * HORIZON_MS;
/** Below this a fraction says little about the speed. */
const TELLING_FRACTION = 0.05;
/** Weight of the newest run in the moving average of a kind's run time. */
const NEWEST_WEIGHT = 0.3;

export interface Prefetch {
  /** Learns how long a job of this kind ran. */
  observe(kind: string, ranMs: number): void;
  /** True if one of these will probably be done soon. */
  expectsFreeSlot(running: readonly HeldLease[], now: number): boolean;
}

export function createPrefetch(): Prefetch {
  const usualMs = new Map<string, number>();
  return {
    observe(kind, ranMs) {
      const before = usualMs.get(kind);
      usualMs.set(kind, before === undefined ? ranMs : before + NEWEST_WEIGHT * (ranMs - before));
    },
    expectsFreeSlot(running, now) {
      return running.some(({ job, startedAt, progress }) => {
        const elapsed = now - startedAt;
        if (progress && progress.fraction > TELLING_FRACTION) {
          return (elapsed / progress.fraction) * (1 - progress.fraction) <= HORIZON_MS;
        }
        const usual = usualMs.get(job.kind);
        // Once it runs longer than usual by the horizon, the guess has failed.
        return usual !== undefined && usual - elapsed <= HORIZON_MS && elapsed - usual <= HORIZON_MS;
      });
    },
  };
}
