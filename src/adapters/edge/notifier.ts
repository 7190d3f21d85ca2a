// The notifier of the edge: the workspace's hub wakes runners that wait, a QStash message wakes the queue consumers.
//
// Of all the notifies until a visit of the consumers begins, one sends a message: it sets a flag, and the visit clears
// the flag before its first look. A message that is lost is made up for by the sweep that every message books a minute on.
import type { Redis } from "@upstash/redis/cloudflare";
import type { DueTime } from "../../ports/due-time.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Notifier } from "../../ports/notifier.ts";
import type { Defer } from "./defer.ts";
import type { WakeLink } from "./hub-link.ts";
import type { Messages } from "./messages.ts";

const CALLED_KEY = "millrace:consumers-called";
const LOST_AFTER_SECONDS = 60;

/** The path that runs the queue consumers when a message arrives. */
export const queuePath = (queue: string) => `/internal/queues/${queue}`;

export type EdgeNotifierOptions = {
  redis: Redis;
  hub: WakeLink;
  messages: Messages;
  due: DueTime;
  defer: Defer;
  logger: Pick<Logger, "warn">;
};

export type EdgeNotifier = Notifier & {
  /** Sends for the queue consumers, on behalf of this queue. Never throws. */
  callConsumers(queue: string): Promise<void>;
  /** A visit of the consumers begins: from here on, new work sends for them again. */
  answerCall(): Promise<void>;
};

export function createEdgeNotifier({ redis, hub, messages, due, defer, logger }: EdgeNotifierOptions): EdgeNotifier {
  async function callConsumers(queue: string): Promise<void> {
    const flag = await redis.set(CALLED_KEY, "1", { nx: true, ex: LOST_AFTER_SECONDS }).catch(() => "OK");
    if (flag === null) return;
    due.hint(LOST_AFTER_SECONDS);
    await messages.send(queuePath(queue)).catch(async (error: unknown) => {
      logger.warn("QStash did not take a message: the next sweep sends it again", { error: String(error) });
      await redis.del(CALLED_KEY).catch(() => {});
    });
  }

  return {
    callConsumers,
    async answerCall() {
      await redis.del(CALLED_KEY).catch(() => {});
    },

    notify(workspaceId, queues, { only } = {}) {
      const [first] = queues;
      if (first === undefined) return;
      const woken = hub.wake(workspaceId, queues);
      defer(woken.catch((error: unknown) => logger.warn("the hub did not answer", { error: String(error) })));
      if (only !== "runners") defer(callConsumers(first));
    },

    listen(workspaceId, queues, listener) {
      if (workspaceId === "*" || queues === "*") throw new Error("On the edge somebody who waits names a workspace and its queues.");
      let isOver = false;
      async function wait(): Promise<void> {
        while (!isOver) {
          const queue = await hub.nextWake(workspaceId as number, queues as readonly string[]);
          if (queue !== null && !isOver) listener(queue);
        }
      }
      wait().catch((error: unknown) => logger.warn("the hub did not answer", { error: String(error) }));
      return () => {
        isOver = true;
      };
    },
  };
}
