// The ways to what is live in a workspace, wherever its requests run.
import type { Event } from "../../contract/event.ts";
import type { EventFilter } from "../../ports/event-bus.ts";

/** Reaches whoever waits for work. */
export interface WakeLink {
  wake(workspaceId: number, queues: readonly string[]): Promise<void>;
  /** The first of the queues that is woken; null when the time is over. */
  nextWake(workspaceId: number, queues: readonly string[]): Promise<string | null>;
}

/** Reaches the workspace's hub, which delivers to everyone who is connected. */
export interface HubLink extends WakeLink {
  deliver(workspaceId: number, events: readonly Event[]): Promise<void>;
  /** The events after `after` (from now on, where there is none) that match, as soon as there are any; none when the time is over. */
  nextEvents(filter: EventFilter, after: string | undefined): Promise<Event[]>;
}
