// The notifier over Redis pub/sub: wakes this process at once and the others by a message. A lost message costs a sweep.

import type { Logger } from "../../ports/logger.ts";
import type { Notifier } from "../../ports/notifier.ts";
import { createMemoryNotifier } from "../memory/notifier.ts";
import type { RedisConnections } from "./redis.ts";

const CHANNEL = "millrace:notify";

export function createRedisNotifier({ redis, logger }: { redis: RedisConnections; logger: Pick<Logger, "error" | "warn"> }): Notifier {
  const local = createMemoryNotifier({ logger });
  const me = crypto.randomUUID();
  // Notifies of one turn go out together, each queue once.
  let pending = new Set<string>();

  redis.messages.subscribe(CHANNEL).catch((error: unknown) => logger.warn("no subscription to wake-ups yet", { error: String(error) }));
  redis.messages.on("message", (channel: string, message: string) => {
    if (channel !== CHANNEL) return;
    const [sender, ...wakeUps] = message.split(" ");
    if (sender === me) return;
    for (const wakeUp of wakeUps) {
      const colon = wakeUp.indexOf(":");
      local.notify(Number(wakeUp.slice(0, colon)), [wakeUp.slice(colon + 1)]);
    }
  });

  function send(): void {
    const message = [me, ...pending].join(" ");
    pending = new Set();
    // The sweep of every process finds what this would have told.
    redis.commands.publish(CHANNEL, message).catch(() => {});
  }

  return {
    notify(workspaceId, queues) {
      local.notify(workspaceId, queues);
      if (pending.size === 0) queueMicrotask(send);
      for (const queue of queues) pending.add(`${workspaceId}:${queue}`);
    },
    listen: (workspaceId, queues, listener) => local.listen(workspaceId, queues, listener),
  };
}
