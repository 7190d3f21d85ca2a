// The event bus of one process: subscribers are found by what they asked for, the newest events are kept for resuming.
import type { Event } from "../../contract/event.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventBus, EventDraft, EventFilter } from "../../ports/event-bus.ts";
import type { Logger } from "../../ports/logger.ts";
import { EventRing } from "./event-ring.ts";

export type MemoryEventBusOptions = {
  clock: Pick<Clock, "now">;
  logger: Pick<Logger, "error">;
  /** Events kept for `after`. */
  capacity?: number;
  /** Bound of what the kept events' data may take together, roughly. */
  capacityBytes?: number;
};

type Subscription = { filter: EventFilter; listener: (events: readonly Event[]) => void };

const DEFAULT_CAPACITY = 10_000;
const DEFAULT_CAPACITY_BYTES = 32 * 1024 * 1024;

export function createMemoryEventBus(options: MemoryEventBusOptions): EventBus {
  const ring = new EventRing(options.capacity ?? DEFAULT_CAPACITY, options.capacityBytes ?? DEFAULT_CAPACITY_BYTES);
  // Each subscription stands under its most selective field, so that an event looks at few of thousands.
  const byKey = new Map<string, Set<Subscription>>();
  let lastMilliseconds = 0;
  let lastNumber = 0;

  function nextId(): string {
    // A clock set back must not make ids go back.
    const now = Math.max(options.clock.now(), lastMilliseconds);
    lastNumber = now === lastMilliseconds ? lastNumber + 1 : 0;
    lastMilliseconds = now;
    return `${now}-${lastNumber}`;
  }

  function deliver(subscription: Subscription, events: readonly Event[]): void {
    try {
      subscription.listener(events);
    } catch (error) {
      options.logger.error("an event listener threw", { error: String(error) });
    }
  }

  return {
    async publish(drafts) {
      const due = new Map<Subscription, Event[]>();
      for (const { workspaceId, ...draft } of drafts) {
        const event: Event = { id: nextId(), ...draft };
        ring.push({ workspaceId, event });
        for (const key of keysOfEvent(workspaceId, draft)) {
          for (const subscription of byKey.get(key) ?? []) {
            if (!matches(subscription.filter, workspaceId, event)) continue;
            const events = due.get(subscription);
            if (events) events.push(event);
            else due.set(subscription, [event]);
          }
        }
      }
      for (const [subscription, events] of due) deliver(subscription, events);
    },

    subscribe(filter, listener, after) {
      const subscription = { filter, listener };
      const key = keyOfFilter(filter);
      const group = byKey.get(key) ?? new Set();
      byKey.set(key, group.add(subscription));
      const missed = after === undefined ? [] : ring.after(after).filter((entry) => matches(filter, entry.workspaceId, entry.event));
      if (missed.length > 0) {
        deliver(
          subscription,
          missed.map((entry) => entry.event),
        );
      }
      return () => {
        group.delete(subscription);
        if (group.size === 0 && byKey.get(key) === group) byKey.delete(key);
      };
    },
  };
}

function matches(filter: EventFilter, workspaceId: number, event: Event): boolean {
  return (
    filter.workspaceId === workspaceId &&
    (filter.jobId === undefined || filter.jobId === event.jobId) &&
    (filter.queue === undefined || filter.queue === event.queue) &&
    (filter.type === undefined || filter.type === event.type)
  );
}

function keyOfFilter(filter: EventFilter): string {
  if (filter.jobId !== undefined) return `${filter.workspaceId} job ${filter.jobId}`;
  if (filter.queue !== undefined) return `${filter.workspaceId} queue ${filter.queue}`;
  if (filter.type !== undefined) return `${filter.workspaceId} type ${filter.type}`;
  return `${filter.workspaceId}`;
}

function* keysOfEvent(workspaceId: number, event: Omit<EventDraft, "workspaceId">): Generator<string> {
  yield keyOfFilter({ workspaceId });
  yield keyOfFilter({ workspaceId, type: event.type });
  if (event.queue !== undefined) yield keyOfFilter({ workspaceId, queue: event.queue });
  if (event.jobId !== undefined) yield keyOfFilter({ workspaceId, jobId: event.jobId });
}
