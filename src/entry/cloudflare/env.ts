// What Cloudflare hands to the Worker: bindings, and the variables and secrets that edge/settings.ts reads.
import type { Event } from "../../contract/event.ts";
import type { EventFilter } from "../../ports/event-bus.ts";

export type Env = { HUB: DurableObjectNamespace; BLOBS: R2Bucket } & Readonly<Record<string, unknown>>;

/** The methods of hub.ts, as they look from the other side of an RPC. */
export type HubStub = {
  fetch(request: Request): Promise<Response>;
  deliver(workspaceId: number, events: readonly Event[]): Promise<void>;
  wake(workspaceId: number, queues: readonly string[]): Promise<void>;
  nextEvents(filter: EventFilter, after: string | undefined): Promise<Event[]>;
  nextWake(workspaceId: number, queues: readonly string[]): Promise<string | null>;
  metrics(): Promise<string>;
};

/** In a request to the hub: who asks. Ours alone: what a client sends under this name is replaced. */
export const IDENTITY_HEADER = "x-millrace-identity";
