// Delivers what other processes published while the connection for messages was lost, read from the streams. Events that
// come in meanwhile wait, so that every subscriber hears all of them once and in order. What is lost with Redis's memory
// cannot be told; a gap of one process's connection can.
import type { Redis } from "ioredis";
import type { Event } from "../../contract/event.ts";
import type { Logger } from "../../ports/logger.ts";
import type { EventFanOut, FanOutEntry } from "../memory/event-fan-out.ts";
import { compareEventIds } from "../memory/event-ring.ts";
import type { EventLog } from "../memory/resume.ts";
import type { RedisConnections } from "./redis.ts";

export type CatchUpOptions = { redis: RedisConnections; fanOut: EventFanOut; log: EventLog; logger: Pick<Logger, "warn"> };

/** Returns the function that takes every live message's events. */
export function createCatchUp({ redis, fanOut, log, logger }: CatchUpOptions): (entries: readonly FanOutEntry[]) => void {
  const lastIds = new Map<number, string>();
  let waiting: FanOutEntry[] | null = null;
  let isFirst = true;
  let catchingUp = Promise.resolve();

  function deliver(entries: readonly FanOutEntry[]): void {
    const fresh = entries.filter(({ workspaceId, event }) => isNewer(event, lastIds.get(workspaceId)));
    for (const { workspaceId, event } of fresh) lastIds.set(workspaceId, event.id);
    fanOut.deliver(fresh);
  }

  async function readMissed(workspaceId: number, from: string): Promise<void> {
    for (let after = from; ; ) {
      const { events, isMore } = await log.readAfter(workspaceId, after);
      deliver(events.map((event) => ({ workspaceId, event })));
      after = events.at(-1)?.id ?? after;
      if (!isMore) return;
    }
  }

  async function catchUp(): Promise<void> {
    try {
      // Answered after the subscriptions that the connection makes again: nothing falls between them and the look back.
      await redis.messages.ping();
      await untilReady(redis.commands);
      for (const [workspaceId, id] of [...lastIds]) await readMissed(workspaceId, id);
    } catch (error) {
      // Lost again: the next connection catches up from the same ids.
      if (redis.messages.status !== "ready") return;
      logger.warn("events of other processes may be missing", { error: String(error) });
    }
    const rest = waiting ?? [];
    waiting = null;
    deliver(rest);
  }

  redis.messages.on("ready", () => {
    if (isFirst) {
      isFirst = false;
      return;
    }
    waiting ??= [];
    catchingUp = catchingUp.then(catchUp);
  });
  return (entries) => {
    if (waiting) waiting.push(...entries);
    else deliver(entries);
  };
}

// A stream that begins anew, after Redis lost its memory, may begin with smaller ids where its clock was set back.
const CLOCK_SET_BACK_MILLISECONDS = 60_000;

function isNewer(event: Event, last: string | undefined): boolean {
  if (last === undefined || compareEventIds(event.id, last) > 0) return true;
  return Number.parseInt(last, 10) - Number.parseInt(event.id, 10) > CLOCK_SET_BACK_MILLISECONDS;
}

function untilReady(connection: Redis): Promise<void> {
  return connection.status === "ready" ? Promise.resolve() : new Promise((resolve) => connection.once("ready", () => resolve()));
}
