// Subscribes to events since an id: first those that a log still holds, then the live ones, nothing missing or twice.
import type { Event } from "../../contract/event.ts";
import type { EventFilter } from "../../ports/event-bus.ts";
import type { Logger } from "../../ports/logger.ts";
import { type EventFanOut, matches } from "./event-fan-out.ts";
import { compareEventIds } from "./event-ring.ts";

const EVENT_ID = /^\d{1,15}-\d{1,15}$/;

export type EventLog = {
  /** The oldest of a workspace's kept events after an id, and whether there are more. */
  readAfter(workspaceId: number, id: string): Promise<{ events: Event[]; isMore: boolean }>;
};

export type Resume = {
  fanOut: EventFanOut;
  log: EventLog;
  logger: Pick<Logger, "warn">;
};

/** As `EventBus.subscribe`. */
export function subscribeSince(
  { fanOut, log, logger }: Resume,
  { filter, listener, after }: { filter: EventFilter; listener: (events: readonly Event[]) => void; after?: string | undefined },
): () => void {
  if (after === undefined || !EVENT_ID.test(after)) return fanOut.subscribe(filter, listener);
  // Live events wait until the missed ones are delivered, and those that are both come once.
  let waiting: Event[] | null = [];
  let isOver = false;
  const unsubscribe = fanOut.subscribe(filter, (events) => {
    if (waiting) waiting.push(...events);
    else listener(events);
  });
  const release = (last: string) => {
    const rest = (waiting ?? []).filter((event) => compareEventIds(event.id, last) > 0);
    waiting = null;
    if (rest.length > 0 && !isOver) listener(rest);
  };
  const deliver = (events: Event[]) => {
    if (!isOver) listener(events);
  };
  readMissed(log, { filter, after, deliver }).then(release, (error: unknown) => {
    logger.warn("events since the last one could not be read", { error: String(error) });
    release(after);
  });
  return () => {
    isOver = true;
    unsubscribe();
  };
}

type Missed = { filter: EventFilter; after: string; deliver: (events: Event[]) => void };

/** Delivers what the log holds after an id; the id it ends with. */
async function readMissed(log: EventLog, { filter, after, deliver }: Missed): Promise<string> {
  let last = after;
  for (;;) {
    const { events, isMore } = await log.readAfter(filter.workspaceId, last);
    last = events.at(-1)?.id ?? last;
    const matching = events.filter((event) => matches(filter, filter.workspaceId, event));
    if (matching.length > 0) deliver(matching);
    if (!isMore) return last;
  }
}
