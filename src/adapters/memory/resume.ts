// Subscribes to events since an id: first those that a log still holds, then the live ones, nothing missing or twice.
import type { Event } from "../../contract/event.ts";
import type { EventFilter } from "../../ports/event-bus.ts";
import type { Logger } from "../../ports/logger.ts";
import { type EventFanOut, matches } from "./event-fan-out.ts";
import { compareEventIds } from "./event-ring.ts";

/** By how much the log's answer may overtake live events. */
const OVERTAKEN_MILLISECONDS = 10_000;
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
  // Where the log's answer overtook live events: those up to here were delivered from the log, and are yet to come again.
  let readUpTo: string | null = null;
  const unsubscribe = fanOut.subscribe(filter, (events) => {
    if (waiting) return void waiting.push(...events);
    const fresh = readUpTo === null ? events : withoutRepeats(events, readUpTo);
    if (fresh.length > 0) readUpTo = null;
    if (fresh.length > 0) listener(fresh);
  });
  const release = (last: string) => {
    const rest = withoutRepeats(waiting ?? [], last);
    waiting = null;
    if (rest.length === 0) readUpTo = last;
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

/** Leaves out what was delivered up to `id`. An id from far ahead (a log that was lost, another clock) silences nobody. */
function withoutRepeats(events: readonly Event[], id: string): Event[] {
  const isRepeat = (event: Event) =>
    compareEventIds(event.id, id) <= 0 && millisecondsOf(id) - millisecondsOf(event.id) < OVERTAKEN_MILLISECONDS;
  return events.filter((event) => !isRepeat(event));
}

function millisecondsOf(id: string): number {
  return Number(id.slice(0, id.indexOf("-")));
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
