// The resident cron timer: sweeps when something is due, and every few seconds in case a hint was lost.
import { createBell } from "../core/bell.ts";
import type { EnginePorts } from "../core/context.ts";
import { isDatabaseAway, rootMessage } from "../core/database-error.ts";
import { type SweepReport, sweep } from "../core/sweep/sweep.ts";
import type { Clock } from "../ports/clock.ts";
import type { DueTime } from "../ports/due-time.ts";

export type Ticker = DueTime & {
  /** Sweeps until the returned function is called. */
  start(ports: EnginePorts, options: TickerOptions): () => void;
};

export type TickerOptions = {
  sweepSeconds: number;
  /** Hears of every sweep; the report is null where it failed. */
  onSweep?: (outcome: { report: SweepReport | null; seconds: number }) => void;
};

const RETRY_MILLISECONDS = 1_000;
const LEAST_MILLISECONDS = 5; // a due time that keeps slipping by must not become a busy loop

export function createTicker(clock: Clock): Ticker {
  const bell = createBell(clock);
  let nextAt = 0;
  let stopped = false;

  async function loop(ports: EnginePorts, options: TickerOptions): Promise<void> {
    while (!stopped) {
      nextAt = Number.POSITIVE_INFINITY;
      const waitMilliseconds = await tickOnce(ports, options);
      nextAt = Math.min(nextAt, clock.now() + waitMilliseconds);
      while (!stopped && clock.now() < nextAt) await bell.wait(nextAt - clock.now());
    }
  }

  return {
    hint(seconds) {
      const at = clock.now() + Math.max(seconds * 1000, LEAST_MILLISECONDS);
      if (at >= nextAt) return;
      nextAt = at;
      bell.ring();
    },
    start(ports, options) {
      void loop(ports, options);
      return () => {
        stopped = true;
        bell.ring();
      };
    },
  };
}

/** Milliseconds until the next sweep. */
async function tickOnce(ports: EnginePorts, { sweepSeconds, onSweep }: TickerOptions): Promise<number> {
  const startedAt = ports.clock.now();
  const tell = (report: SweepReport | null) => onSweep?.({ report, seconds: (ports.clock.now() - startedAt) / 1000 });
  try {
    const report = await sweep(ports);
    tell(report);
    const { nextInSeconds } = report;
    return Math.max(Math.min(nextInSeconds ?? sweepSeconds, sweepSeconds) * 1000, LEAST_MILLISECONDS);
  } catch (error) {
    tell(null);
    ports.logger.error(isDatabaseAway(error) ? "no sweep: the database is away" : "the sweep failed", { error: rootMessage(error) });
    return RETRY_MILLISECONDS;
  }
}
