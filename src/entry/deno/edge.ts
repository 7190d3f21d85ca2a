// Millrace on Deno Deploy: Neon, Upstash and QStash as on Cloudflare, live events by Upstash's subscriptions, the tick by
// Deno.cron. It keeps to what Deploy allows: nothing native, nothing written to disk.
import { createHasher } from "../../adapters/deno/hasher.ts";
import { createJudgingOutbound } from "../../adapters/deno/outbound.ts";
import { createFollowedHub } from "../../adapters/edge/followed-hub.ts";
import { createNoBlobStore } from "../../adapters/edge/no-blob-store.ts";
import { clock } from "../../adapters/selfhost/clock.ts";
import { createLogger } from "../../adapters/selfhost/logger.ts";
import { createApp } from "../../api/app.ts";
import { rootMessage } from "../../core/database-error.ts";
import { tick } from "../../cron/tick.ts";
import { createAddressPolicy } from "../../queue-consumers/address-policy.ts";
import { answerInternal } from "../edge/internal.ts";
import { createEdge, createEngineByCall } from "../edge/parts.ts";
import { readEdgeSettings } from "../edge/settings.ts";
import { createLiveHub } from "../resident/live-hub.ts";
import { judgeBy, NO_EXECUTION, upgradeSocket } from "./host.ts";

export type EdgeOnDeno = { handle(request: Request): Promise<Response>; tick(): Promise<void> };

export function createEdgeOnDeno(environment: Readonly<Record<string, string>>): EdgeOnDeno {
  const settings = readEdgeSettings(environment);
  const logger = createLogger({ level: settings.logLevel, fields: { name: "edge" } });
  // The process goes on after an answer, so there is nobody to tell; failures were logged where they happened.
  const defer = (work: Promise<unknown>) => void work.catch(() => {});
  const hub = createFollowedHub({ upstash: settings.upstash, defer, clock, logger });
  const open = createEdge({ settings, hub, defer, logger, openBus: () => hub.bus });
  const engine = createEngineByCall(open);
  const live = createLiveHub({ bus: hub.bus, clock, logger }, { engine, upgradeSocket });
  const outbound = createJudgingOutbound(judgeBy(createAddressPolicy(settings.httpAllow)));
  const app = createApp({
    engine,
    blobs: createNoBlobStore(),
    createHasher,
    live: {
      openStream: async (request, identity) => live.openStream(request, identity),
      openSocket: async (request, handshake) => live.openSocket(request, handshake),
      metrics: async () => live.metrics(),
    },
    clock,
    logger,
    config: { maxUploadBytes: settings.maxUploadBytes },
    probes: { redis: async () => void (await open().redis.ping()) },
  });
  return {
    handle: async (request) => (await answerInternal(request, { settings, open, outbound })) ?? app.fetch(request, {}, NO_EXECUTION),
    async tick() {
      const { ports, due } = open();
      try {
        await tick(ports, due, clock.now());
      } catch (error) {
        logger.error("the tick failed; the next one tries again", { error: rootMessage(error) });
      }
    },
  };
}
