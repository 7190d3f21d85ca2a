// What the API is given by the profile's entry.

import type { Identity } from "../core/context.ts";
import type { Engine } from "../core/engine.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { CreateHasher } from "../ports/hasher.ts";
import type { Logger } from "../ports/logger.ts";
import type { SocketHandshake } from "./live/handshake.ts";

/** Long-lived connections: they live where the event bus is, not in the request. */
export interface Live {
  /** Serves GET /api/v1/events, authenticated and its query checked. */
  openStream(request: Request, identity: Identity): Promise<Response>;
  /** Accepts a WebSocket, or opens and closes one that was refused with the code that says why. */
  openSocket(request: Request, handshake: SocketHandshake): Promise<Response>;
  /** Prometheus lines of the process that holds the connections. */
  metrics(): Promise<string>;
}

export type ApiServices = {
  engine: Engine;
  blobs: BlobStore;
  createHasher: CreateHasher;
  live: Live;
  clock: Clock;
  logger: Logger;
  config: { maxUploadBytes: number };
  /** Parts that /health/ready asks beside the database and the blobs; each throws with what is wrong. */
  probes: Record<string, () => Promise<void>>;
};

/** Hono's types of a request in our app. */
export type ApiEnv = { Variables: { requestId: string; identity: Identity; route: string } };
