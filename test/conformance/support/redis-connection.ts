// Connections to the Redis of the tests as the resident opens them, ready to use, and closed after the suite.
import { afterAll, inject } from "vitest";
import { connectRedis, type RedisConnections } from "../../../src/adapters/selfhost/redis.ts";
import type { Logger } from "../../../src/ports/logger.ts";

/** A logger that keeps what went wrong. */
export function recordErrors(): { errors: string[]; logger: Logger } {
  const errors: string[] = [];
  return { errors, logger: { error: (message) => void errors.push(message), warn() {}, info() {}, debug() {} } };
}

/** Call it inside a `describe`; the result opens a pair of connections. */
export function redisConnections(): (logger: Logger) => RedisConnections {
  const opened: RedisConnections[] = [];
  afterAll(() => {
    for (const { close } of opened) close();
  });
  return (logger) => {
    const redis = connectRedis(inject("redisUrl") as string, { logger });
    opened.push(redis);
    return redis;
  };
}

/** What listens must be subscribed before a test publishes. */
export async function untilReady({ commands, messages }: RedisConnections): Promise<void> {
  for (const connection of [commands, messages]) {
    if (connection.status !== "ready") await new Promise<void>((resolve) => connection.once("ready", () => resolve()));
  }
  // Answered in order: the subscriptions sent before are in force.
  await messages.ping();
}
