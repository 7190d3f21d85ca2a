// The edge profile on Cloudflare: the parts of a request, with the workspace's hub behind its binding.
import { waitUntil } from "cloudflare:workers";
import { createEdgeEventBus } from "../../adapters/edge/event-bus.ts";
import type { HubLink } from "../../adapters/edge/hub-link.ts";
import { clock } from "../../adapters/selfhost/clock.ts";
import { createLogger } from "../../adapters/selfhost/logger.ts";
import { createEdge, createEngineByCall, type EdgeParts } from "../edge/parts.ts";
import { type EdgeSettings, readEdgeSettings } from "../edge/settings.ts";
import type { Env, HubStub } from "./env.ts";

export type Edge = {
  settings: EdgeSettings;
  open: () => EdgeParts;
  engine: ReturnType<typeof createEngineByCall>;
  hubOf: (workspaceId: number) => HubStub;
};

export function openEdge(env: Env): Edge {
  const settings = readEdgeSettings(env);
  const hubOf = (workspaceId: number) => env.HUB.get(env.HUB.idFromName(`workspace-${workspaceId}`)) as unknown as HubStub;
  const hub: HubLink = {
    deliver: async (workspaceId, events) => hubOf(workspaceId).deliver(workspaceId, events),
    wake: async (workspaceId, queues) => hubOf(workspaceId).wake(workspaceId, queues),
    nextEvents: async (filter, after) => hubOf(filter.workspaceId).nextEvents(filter, after),
    nextWake: async (workspaceId, queues) => hubOf(workspaceId).nextWake(workspaceId, queues),
  };
  const logger = createLogger({ level: settings.logLevel, fields: { name: "edge" } });
  const defer = waitUntil;
  const open = createEdge({ settings, hub, defer, logger, openBus: (redis) => createEdgeEventBus({ redis, hub, defer, clock, logger }) });
  return { settings, open, engine: createEngineByCall(open), hubOf };
}
