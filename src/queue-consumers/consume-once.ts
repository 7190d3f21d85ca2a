// One visit of the queue consumers, for hosts that keep no process: takes work until there is none or the time is over.
import { createBell } from "../core/bell.ts";
import type { EnginePorts } from "../core/context.ts";
import { type ConsumerOptions, openWorkbench } from "./workbench.ts";

export type VisitOptions = ConsumerOptions & {
  /** No work is taken after so long; attempts that run by then are finished. */
  budgetMilliseconds: number;
  /** No work is taken after so many attempts: hosts bound the requests of one visit. */
  maxAttempts: number;
  /** Called when the time is over and there may be more: somebody else goes on. */
  handOver: () => void;
};

/** Returns how many attempts it ran. */
export async function consumeOnce(ports: EnginePorts, options: VisitOptions): Promise<number> {
  const bell = createBell(ports.clock);
  const workbench = openWorkbench(withOwnEyes(ports), options, () => bell.ring());
  const deadline = ports.clock.now() + options.budgetMilliseconds;
  let ran = 0;
  try {
    while (ports.clock.now() < deadline && ran < options.maxAttempts) {
      const { room, taken } = await workbench.fill();
      ran += taken;
      if (taken === room && room > 0) continue;
      if (workbench.running() === 0) return ran;
      // What ends makes room, here and in its queue's concurrency limit.
      await bell.wait(deadline - ports.clock.now());
    }
    options.handOver();
    while (workbench.running() > 0) await bell.wait(options.budgetMilliseconds);
    return ran;
  } finally {
    workbench.close();
  }
}

/** What our own settles free we look for ourselves: only runners need to hear of it. */
function withOwnEyes(ports: EnginePorts): EnginePorts {
  const { notifier } = ports;
  return {
    ...ports,
    notifier: {
      listen: (workspaceId, queues, listener) => notifier.listen(workspaceId, queues, listener),
      notify: (workspaceId, queues) => notifier.notify(workspaceId, queues, { only: "runners" }),
    },
  };
}
