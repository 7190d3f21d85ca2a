// The Worker on Cloudflare: stateless routes over Neon, Upstash and QStash, a hub per workspace for what is live, R2 for
// bytes. Cloudflare itself serves the dashboard's files (wrangler.toml); the cron trigger ticks once a minute.
import { createR2BlobStore } from "../adapters/edge/blob-store.ts";
import { clock } from "../adapters/selfhost/clock.ts";
import { createHasher } from "../adapters/selfhost/hasher.ts";
import { createApp } from "../api/app.ts";
import { rootMessage } from "../core/database-error.ts";
import { tick } from "../cron/tick.ts";
import { type Edge, openEdge } from "./cloudflare/edge.ts";
import type { Env } from "./cloudflare/env.ts";
import { createHubLive } from "./cloudflare/live.ts";
import { answerInternal } from "./edge/internal.ts";

export { Hub } from "./cloudflare/hub.ts";

type Deployment = { edge: Edge; app: ReturnType<typeof createApp> };

let deployment: Deployment | undefined;

/** Made by the first request of an isolate, and kept: it holds no state of any request. */
function deploymentFor(env: Env): Deployment {
  if (deployment) return deployment;
  const edge = openEdge(env);
  const { settings, open, engine } = edge;
  const app = createApp({
    engine,
    blobs: createR2BlobStore(env.BLOBS as never),
    createHasher,
    live: createHubLive(edge),
    clock,
    logger: open().ports.logger,
    config: { maxUploadBytes: settings.maxUploadBytes },
    probes: { redis: async () => void (await open().redis.ping()) },
  });
  deployment = { edge, app };
  return deployment;
}

export default {
  async fetch(request, env, context) {
    const { edge, app } = deploymentFor(env);
    return (await answerInternal(request, edge)) ?? app.fetch(request, env, context);
  },

  async scheduled(controller, env) {
    const { open } = deploymentFor(env).edge;
    const { ports, due } = open();
    try {
      await tick(ports, due, controller.scheduledTime);
    } catch (error) {
      ports.logger.error("the tick failed; the next one tries again", { error: rootMessage(error) });
    }
  },
} satisfies ExportedHandler<Env>;
