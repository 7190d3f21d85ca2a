// Something to wait on that anyone may ring: a ring between two waits is not lost, many rings are one.
import type { Clock } from "../ports/clock.ts";

export type Bell = {
  ring(): void;
  /** Resolves at the next ring (or at once after one that nobody heard), at the latest after `milliseconds`. */
  wait(milliseconds: number): Promise<void>;
};

export function createBell(clock: Pick<Clock, "sleep">): Bell {
  let waiter: AbortController | null = null;
  let rung = false;
  return {
    ring() {
      rung = true;
      waiter?.abort();
    },
    async wait(milliseconds) {
      if (!rung && milliseconds > 0) {
        waiter = new AbortController();
        await clock.sleep(milliseconds, waiter.signal);
        waiter = null;
      }
      rung = false;
    },
  };
}
