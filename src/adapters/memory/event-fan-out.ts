// Delivers events to the subscribers of one process, which it finds by what they asked for.
import type { Event } from "../../contract/event.ts";
import type { EventFilter } from "../../ports/event-bus.ts";
import type { Logger } from "../../ports/logger.ts";

export type FanOutEntry = { workspaceId: number; event: Event };
type Listener = (events: readonly Event[]) => void;
type Subscription = { filter: EventFilter; listener: Listener };

export type EventFanOut = {
  /** Gives every subscriber its matching events, in one call each. */
  deliver(entries: readonly FanOutEntry[]): void;
  /** Returns the function that ends it. */
  subscribe(filter: EventFilter, listener: Listener): () => void;
};

export function createEventFanOut({ logger }: { logger: Pick<Logger, "error"> }): EventFanOut {
  // Each subscription stands under its most selective field, so that an event looks at few of thousands.
  const byKey = new Map<string, Set<Subscription>>();

  return {
    deliver(entries) {
      const due = new Map<Subscription, Event[]>();
      for (const { workspaceId, event } of entries) {
        for (const key of keysOfEvent(workspaceId, event)) {
          for (const subscription of byKey.get(key) ?? []) {
            if (!matches(subscription.filter, workspaceId, event)) continue;
            const events = due.get(subscription);
            if (events) events.push(event);
            else due.set(subscription, [event]);
          }
        }
      }
      for (const [{ listener }, events] of due) callListener(listener, events, logger);
    },

    subscribe(filter, listener) {
      const subscription = { filter, listener };
      const key = keyOfFilter(filter);
      const group = byKey.get(key) ?? new Set();
      byKey.set(key, group.add(subscription));
      return () => {
        group.delete(subscription);
        if (group.size === 0 && byKey.get(key) === group) byKey.delete(key);
      };
    },
  };
}

/** A listener that throws harms nobody else. */
export function callListener(listener: Listener, events: readonly Event[], logger: Pick<Logger, "error">): void {
  try {
    listener(events);
  } catch (error) {
    logger.error("an event listener threw", { error: String(error) });
  }
}

export function matches(filter: EventFilter, workspaceId: number, event: Event): boolean {
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

function* keysOfEvent(workspaceId: number, event: Event): Generator<string> {
  yield keyOfFilter({ workspaceId });
  yield keyOfFilter({ workspaceId, type: event.type });
  if (event.queue !== undefined) yield keyOfFilter({ workspaceId, queue: event.queue });
  if (event.jobId !== undefined) yield keyOfFilter({ workspaceId, jobId: event.jobId });
}
