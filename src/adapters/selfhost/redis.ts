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

export function connectRedis(url: string, { logger }: { logger: Pick<Logger, "warn" | "info"> }): RedisConnections {
  const options = {
    connectTimeout: CONNECT_TIMEOUT_MILLISECONDS,
    retryStrategy: (tries: number) => Math.min(50 * 2 ** tries, LONGEST_RETRY_MILLISECONDS),
    maxRetriesPerRequest: 0,
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
  return {
    commands,
    messages,
    async check() {
      await commands.ping();
    },
    close() {
      commands.disconnect();
      messages.disconnect();
    },
  };
}
