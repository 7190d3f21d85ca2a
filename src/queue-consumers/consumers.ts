// The resident queue consumers: one loop that takes work from the push queues as long as the process lives.
import { createBell } from "../core/bell.ts";
import type { EnginePorts } from "../core/context.ts";
import { type ConsumerOptions, openWorkbench } from "./workbench.ts";

const SAFETY_LOOK_MILLISECONDS = 5_000;

export type Consumers = {
  /** Takes no more work and resolves when the attempts that run have ended. */
  stop(): Promise<void>;
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
    stop() {
      stopped = true;
      unlisten();
      bell.ring();
      return ended;
    },
  };
}
