// The connections to Redis. Redis carries hints and live events, never the truth: while it is away, everything goes on,
// more slowly, and recovers by itself.
import { Redis } from "ioredis";
import type { Logger } from "../../ports/logger.ts";

export type RedisConnections = {
  /** Sends commands. One fails at once while Redis is away, so that nothing waits for a hint. */
  commands: Redis;
  /** Hears messages; it subscribes again by itself after every reconnect. */
  messages: Redis;
  /** Throws with the reason where Redis does not answer. */
  check(): Promise<void>;
  close(): void;
};

const CONNECT_TIMEOUT_MILLISECONDS = 2_000;
const COMMAND_TIMEOUT_MILLISECONDS = 2_000;
const LONGEST_RETRY_MILLISECONDS = 1_000;
// A connection that only listens does not notice a Redis that is stopped, or gone without a word.
const LISTENER_CHECK_MILLISECONDS = 5_000;

export function connectRedis(url: string, { logger }: { logger: Pick<Logger, "warn" | "info"> }): RedisConnections {
  const options = {
    connectTimeout: CONNECT_TIMEOUT_MILLISECONDS,
    retryStrategy: (tries: number) => Math.min(50 * 2 ** tries, LONGEST_RETRY_MILLISECONDS),
    maxRetriesPerRequest: 0,
    // A Redis that leaves a command unanswered is taken for gone: the next ones fail at once instead of after a while each.
    socketTimeout: COMMAND_TIMEOUT_MILLISECONDS,
  };
  const commands = new Redis(url, {
    ...options,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    commandTimeout: COMMAND_TIMEOUT_MILLISECONDS,
  });
  const messages = new Redis(url, { ...options, maxRetriesPerRequest: null });
  let isAway = false;
  commands.on("ready", () => {
    if (isAway) logger.info("Redis is back");
    isAway = false;
  });
  for (const connection of [commands, messages]) {
    // Without a listener, an error ends the process; the connection tries again by itself.
    connection.on("error", (error: Error) => {
      if (!isAway) logger.warn("Redis is away: live events and wake-ups stay within this process", { error: error.message });
      isAway = true;
    });
  }
  const listening = setInterval(() => {
    if (messages.status === "ready") messages.ping().catch(() => {});
  }, LISTENER_CHECK_MILLISECONDS);
  return {
    commands,
    messages,
    async check() {
      await commands.ping();
    },
    close() {
      clearInterval(listening);
      commands.disconnect();
      messages.disconnect();
    },
  };
}
