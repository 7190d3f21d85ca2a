// The routes on Cloudflare, in a module of their own: a tick does without them, and an isolate starts the sooner.
import { createR2BlobStore } from "../../adapters/edge/blob-store.ts";
import { clock } from "../../adapters/selfhost/clock.ts";
import { createHasher } from "../../adapters/selfhost/hasher.ts";
import { createApp } from "../../api/app.ts";
import type { Edge } from "./edge.ts";
import type { Env } from "./env.ts";
import { createHubLive } from "./live.ts";

export function createEdgeApp(env: Env, edge: Edge): ReturnType<typeof createApp> {
  const { settings, open, engine } = edge;
  return createApp({
    engine,
    blobs: createR2BlobStore(env.BLOBS as never),
    createHasher,
    live: createHubLive(edge),
    clock,
    logger: open().ports.logger,
    config: { maxUploadBytes: settings.maxUploadBytes },
    probes: { redis: async () => void (await open().redis.ping()) },
  });
}
