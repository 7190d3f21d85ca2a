// The ports of one request on the edge. Commands and messages that are under way belong to the request that sent them, so
// they are made anew for each; what is shared between requests holds no state of any.
import type { Redis } from "@upstash/redis/cloudflare";
import { openNeon } from "../../adapters/edge/database.ts";
import type { Defer } from "../../adapters/edge/defer.ts";
import { createUpstashDueTime } from "../../adapters/edge/due-time.ts";
import type { WakeLink } from "../../adapters/edge/hub-link.ts";
import { createMessages } from "../../adapters/edge/messages.ts";
import { createEdgeNotifier, type EdgeNotifier } from "../../adapters/edge/notifier.ts";
import { openUpstash } from "../../adapters/edge/redis.ts";
import { clock } from "../../adapters/selfhost/clock.ts";
import type { EnginePorts } from "../../core/context.ts";
import { createEngine, type Engine, type VerbName } from "../../core/engine.ts";
import type { SharedDueTime } from "../../ports/due-time.ts";
import type { EventBus } from "../../ports/event-bus.ts";
import type { Logger } from "../../ports/logger.ts";
import type { EdgeSettings } from "./settings.ts";

export type EdgeParts = { ports: EnginePorts; redis: Redis; due: SharedDueTime; notifier: EdgeNotifier };

export type EdgeHost = {
  settings: EdgeSettings;
  hub: WakeLink;
  defer: Defer;
  logger: Logger;
  openBus: (redis: Redis) => EventBus;
};

/** Returns the function that opens the parts of one request. */
export function createEdge({ settings, hub, defer, logger, openBus }: EdgeHost): () => EdgeParts {
  const db = openNeon(settings.databaseUrl, { endpoint: settings.neonEndpoint });
  const messages = createMessages(settings.qstash);
  return () => {
    const redis = openUpstash(settings.upstash);
    const due = createUpstashDueTime({ redis, messages, defer, clock, logger });
    const notifier = createEdgeNotifier({ redis, hub, messages, due, defer, logger });
    return { ports: { db, bus: openBus(redis), notifier, due, clock, logger }, redis, due, notifier };
  };
}

/** The engine, with ports of its own for every call. */
export function createEngineByCall(open: () => EdgeParts): Engine {
  return new Proxy({} as Engine, {
    get(_, name) {
      // A promise looks for `then` on what it is given.
      if (typeof name !== "string" || name === "then") return undefined;
      return (...call: Parameters<Engine[VerbName]>) =>
        (createEngine(open().ports)[name as VerbName] as (...call: unknown[]) => unknown)(...call);
    },
  });
}
