// The event bus of one process: the newest events are kept for resuming.
import type { Event } from "../../contract/event.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventBus } from "../../ports/event-bus.ts";
import type { Logger } from "../../ports/logger.ts";
import { callListener, createEventFanOut, matches } from "./event-fan-out.ts";
import { createEventIds } from "./event-ids.ts";
import { EventRing } from "./event-ring.ts";

export type MemoryEventBusOptions = {
  clock: Pick<Clock, "now">;
  logger: Pick<Logger, "error">;
  /** Events kept for `after`. */
  capacity?: number;
  /** Bound of what the kept events' data may take together, roughly. */
  capacityBytes?: number;
};

const DEFAULT_CAPACITY = 10_000;
const DEFAULT_CAPACITY_BYTES = 32 * 1024 * 1024;

export function createMemoryEventBus(options: MemoryEventBusOptions): EventBus {
  const ring = new EventRing(options.capacity ?? DEFAULT_CAPACITY, options.capacityBytes ?? DEFAULT_CAPACITY_BYTES);
  const fanOut = createEventFanOut(options);
  const nextId = createEventIds(options.clock);

  return {
    async publish(drafts) {
      const entries = drafts.map(({ workspaceId, ...draft }) => ({ workspaceId, event: { id: nextId(), ...draft } as Event }));
      for (const entry of entries) ring.push(entry);
      fanOut.deliver(entries);
    },

    subscribe(filter, listener, after) {
      const unsubscribe = fanOut.subscribe(filter, listener);
      const missed = after === undefined ? [] : ring.after(after).filter(({ workspaceId, event }) => matches(filter, workspaceId, event));
      if (missed.length > 0) {
        const events = missed.map(({ event }) => event);
        callListener(listener, events, options.logger);
      }
      return unsubscribe;
    },
  };
}
