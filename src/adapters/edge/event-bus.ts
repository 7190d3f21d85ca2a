// The event bus of a request on Cloudflare: Upstash gives events their ids and keeps them, the workspace's hub delivers.
import type { Redis } from "@upstash/redis/cloudflare";
import type { Clock } from "../../ports/clock.ts";
import type { EventBus, EventDraft } from "../../ports/event-bus.ts";
import type { Logger } from "../../ports/logger.ts";
import { createEventIds } from "../memory/event-ids.ts";
import type { Defer } from "./defer.ts";
import { append } from "./event-log.ts";
import type { HubLink } from "./hub-link.ts";
import { describeFailure } from "./redis.ts";

export type EdgeEventBusOptions = {
  redis: Redis;
  hub: HubLink;
  defer: Defer;
  clock: Pick<Clock, "now">;
  logger: Pick<Logger, "warn">;
};

export function createEdgeEventBus({ redis, hub, defer, clock, logger }: EdgeEventBusOptions): EventBus {
  const nextId = createEventIds(clock);

  async function publishFor(workspaceId: number, drafts: EventDraft[]): Promise<void> {
    const events = await append(redis, drafts, { announce: false }).catch((error: unknown) => {
      logger.warn("events were not kept: Redis is away", { error: describeFailure(error) });
      return drafts.map(({ workspaceId: _, ...draft }) => ({ id: nextId(), ...draft }));
    });
    await hub.deliver(workspaceId, events);
  }

  return {
    publish(drafts) {
      const byWorkspace = Map.groupBy(drafts, (draft) => draft.workspaceId);
      const work = Promise.all([...byWorkspace].map(([workspaceId, group]) => publishFor(workspaceId, group)));
      defer(work.catch(() => {}));
      return work.then(() => {});
    },

    subscribe(filter, listener, after) {
      let isOver = false;
      async function listen(): Promise<void> {
        let last = after;
        while (!isOver) {
          const events = await hub.nextEvents(filter, last);
          last = events.at(-1)?.id ?? last;
          if (events.length > 0 && !isOver) listener(events);
        }
      }
      // Whoever waits in a request also looks at the row now and then: a hub that is away costs seconds.
      listen().catch((error: unknown) => logger.warn("the hub did not answer", { error: describeFailure(error) }));
      return () => {
        isOver = true;
      };
    },
  };
}
