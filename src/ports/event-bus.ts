// The port that carries live events to whoever watches. Events are hints for people and pages: the row is the truth.
import type { Event } from "../contract/event.ts";

export type EventDraft = Omit<Event, "id"> & { workspaceId: number };

/** All given fields must match. `type` is an event type or a user topic. */
export type EventFilter = { workspaceId: number; jobId?: string | undefined; queue?: string | undefined; type?: string | undefined };

export interface EventBus {
  /** Gives each event its id (`<milliseconds>-<n>`, strictly increasing, also over restarts) and delivers it to every subscriber. */
  publish(drafts: readonly EventDraft[]): Promise<void>;
  /**
   * Calls `listener` with every matching event from now on, in order; with `after`, first with those since that id that
   * are still held. Returns the function that ends it. A listener must not block: it buffers or drops by itself.
   */
  subscribe(filter: EventFilter, listener: (events: readonly Event[]) => void, after?: string): () => void;
}
