// The way to a workspace's live hub: one object that all requests of the workspace reach, wherever they run.
import type { Event } from "../../contract/event.ts";
import type { EventFilter } from "../../ports/event-bus.ts";

export interface HubLink {
  /** Tells everyone who is connected. */
  deliver(workspaceId: number, events: readonly Event[]): Promise<void>;
  wake(workspaceId: number, queues: readonly string[]): Promise<void>;
  /** The events after `after` (from now on, where there is none) that match, as soon as there are any; none when the time is over. */
  nextEvents(filter: EventFilter, after: string | undefined): Promise<Event[]>;
  /** The first of the queues that is woken; null when the time is over. */
  nextWake(workspaceId: number, queues: readonly string[]): Promise<string | null>;
}
