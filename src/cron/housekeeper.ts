// Runs the slow chores once a minute: counts, retention, partitions.
import { createBell } from "../core/bell.ts";
import type { EnginePorts } from "../core/context.ts";
import { rootMessage } from "../core/database-error.ts";
import { housekeep } from "../core/sweep/housekeep.ts";

const INTERVAL_MILLISECONDS = 60_000;

/** Returns the function that stops it. */
export function startHousekeeper(ports: EnginePorts): () => void {
  const bell = createBell(ports.clock);
  let stopped = false;
  async function loop(): Promise<void> {
    while (!stopped) {
      try {
        const pruned = await housekeep(ports);
        if (pruned > 0) ports.logger.info("finished jobs past their retention were deleted", { pruned });
      } catch (error) {
        ports.logger.error("housekeeping failed", { error: rootMessage(error) });
      }
      await bell.wait(INTERVAL_MILLISECONDS);
    }
  }
  void loop();
  return () => {
    stopped = true;
    bell.ring();
  };
}
