// What carries hints and live events: Redis where there is one, else the memory of this process.
import { createMemoryEventBus } from "../../adapters/memory/event-bus.ts";
import { createMemoryNotifier } from "../../adapters/memory/notifier.ts";
import { clock } from "../../adapters/selfhost/clock.ts";
import { createRedisEventBus } from "../../adapters/selfhost/event-bus.ts";
import { createRedisNotifier } from "../../adapters/selfhost/notifier.ts";
import { connectRedis } from "../../adapters/selfhost/redis.ts";
import type { EventBus } from "../../ports/event-bus.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Notifier } from "../../ports/notifier.ts";

export type Hints = {
  bus: EventBus;
  notifier: Notifier;
  /** Null where there is no Redis to check. Throws with the reason where it is away. */
  check: (() => Promise<void>) | null;
};

export function createHints(redisUrl: string | null, logger: Logger): Hints {
  if (!redisUrl) return { bus: createMemoryEventBus({ clock, logger }), notifier: createMemoryNotifier({ logger }), check: null };
  const redis = connectRedis(redisUrl, { logger });
  return { bus: createRedisEventBus({ redis, clock, logger }), notifier: createRedisNotifier({ redis, logger }), check: redis.check };
}
