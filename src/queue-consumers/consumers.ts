// The resident queue consumers: one loop that takes work from the push queues as long as the process lives.
import { createBell } from "../core/bell.ts";
import type { EnginePorts } from "../core/context.ts";
import { type ConsumerOptions, openWorkbench } from "./workbench.ts";

const SAFETY_LOOK_MILLISECONDS = 5_000;

export type Consumers = {
  /** Takes no more work, gives back what still runs after so long, and resolves when nothing runs any more. */
  stop(graceMilliseconds: number): Promise<void>;
  /** Attempts that run now. */
  running(): number;
};

export function startConsumers(ports: EnginePorts, options: ConsumerOptions): Consumers {
  const bell = createBell(ports.clock);
  const workbench = openWorkbench(ports, options, () => bell.ring());
  const unlisten = ports.notifier.listen("*", "*", () => bell.ring());
  let stopped = false;

  async function loop(): Promise<void> {
    while (!stopped) {
      const { room, taken } = await workbench.fill();
      if (taken < room || room === 0) await bell.wait(SAFETY_LOOK_MILLISECONDS);
    }
    while (workbench.running() > 0) await bell.wait(SAFETY_LOOK_MILLISECONDS);
    workbench.close();
  }

  const ended = loop();
  return {
    running: workbench.running,
    async stop(graceMilliseconds) {
      stopped = true;
      unlisten();
      bell.ring();
      const over = new AbortController();
      const grace = ports.clock.sleep(graceMilliseconds, over.signal).then(() => {
        if (!over.signal.aborted) workbench.release();
      });
      await ended;
      over.abort();
      await grace;
    },
  };
}
