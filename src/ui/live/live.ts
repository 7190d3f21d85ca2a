// Live events for components: the hub of this page, and hooks over it.
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";
import type { Event } from "../../contract/event.ts";
import type { JobId } from "../../contract/ids.ts";
import { noteExpiry, queryClient, SESSION_KEY } from "../app/query-client.ts";
import { LiveHub, type LiveStatus } from "./live-hub.ts";

const hub = new LiveHub(noteExpiry);

/** Keeps the stream open while the calling component is there, and what is on the page as fresh as the stream. */
export function useLiveStream(): void {
  useEffect(() => hub.start(), []);
  useEffect(() => hub.subscribeOpen(refreshOlderQueries), []);
}

export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(hub.subscribeStatus, hub.status);
}

/** `onEvents` gets every batch, at most four a second. */
export function useLiveEvents(onEvents: (events: Event[]) => void): void {
  const listener = useEffectEvent(onEvents);
  useEffect(() => hub.subscribe((events) => listener(events)), []);
}

/**
 * Reads something, and brings it up to date with the events that came while it was being read: an answer can be older
 * than they are, and must not undo them.
 */
export async function readWithEvents<Value>(read: () => Promise<Value>, apply: (value: Value, event: Event) => Value): Promise<Value> {
  const startedAt = performance.now();
  const value = await read();
  return hub.receivedSince(startedAt).reduce(apply, value);
}

/** `onOpen` is called each time the stream opens: what was read before may be out of date. */
export function useLiveOpen(onOpen: () => void): void {
  const listener = useEffectEvent(onOpen);
  useEffect(() => hub.subscribeOpen(() => listener()), []);
}

/** Narrows the stream to one job while the calling component is there. */
export function useLiveFocus(jobId: JobId | undefined): void {
  useEffect(() => (jobId ? hub.focus(jobId) : undefined), [jobId]);
}

// What was read before the stream opened may have changed between the reading and the opening.
function refreshOlderQueries(): void {
  void queryClient.invalidateQueries({
    predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] && query.state.fetchStatus === "idle" && query.state.dataUpdatedAt > 0,
  });
}
