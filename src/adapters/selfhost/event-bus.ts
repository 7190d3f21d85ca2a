// The event bus over Redis: a stream per workspace keeps the newest events for resuming, pub/sub delivers them live.
//
// One script call publishes a batch: it appends each event, which gives it its id, and then sends the batch to every
// process. So all processes see the same events in the same order, also those of a moment when one of them was not
// connected (catch-up.ts). While Redis is away a process delivers its own events
// to its own subscribers and says so once; those events cannot be resumed from.

import type { Event } from "../../contract/event.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventBus, EventDraft } from "../../ports/event-bus.ts";
import type { Logger } from "../../ports/logger.ts";
import { createEventFanOut, type FanOutEntry } from "../memory/event-fan-out.ts";
import { createEventIds } from "../memory/event-ids.ts";
import { type EventLog, subscribeSince } from "../memory/resume.ts";
import { createCatchUp } from "./catch-up.ts";
import type { RedisConnections } from "./redis.ts";

const CHANNEL = "millrace:events";
const KEPT_EVENTS = 100_000; // a workspace; about 30 MB of Redis at 300 bytes each
const BATCH = 500; // a script blocks Redis while it runs
const READ_BATCH = 1_000;

// ARGV: kept events, then workspace and event in turn. Sends "workspace id event" lines.
const PUBLISH_SCRIPT = `
local lines = {}
for i = 2, #ARGV, 2 do
  local id = redis.call('XADD', KEYS[1] .. ARGV[i], 'MAXLEN', '~', ARGV[1], '*', 'e', ARGV[i + 1])
  lines[#lines + 1] = ARGV[i] .. ' ' .. id .. ' ' .. ARGV[i + 1]
end
redis.call('PUBLISH', KEYS[2], table.concat(lines, '\\n'))`;

const STREAM_PREFIX = "millrace:events:";

export type RedisEventBusOptions = {
  redis: RedisConnections;
  clock: Pick<Clock, "now">;
  logger: Pick<Logger, "error" | "warn">;
  /** Events of a workspace that can be resumed from. */
  keptEvents?: number;
};

export function createRedisEventBus({ redis, clock, logger, keptEvents = KEPT_EVENTS }: RedisEventBusOptions): EventBus {
  const fanOut = createEventFanOut({ logger });
  const nextId = createEventIds(clock);
  const log = createLog(redis);
  const hear = createCatchUp({ redis, fanOut, log, logger });
  const { commands, messages } = redis;

  messages.subscribe(CHANNEL).catch((error: unknown) => logger.warn("no subscription to live events yet", { error: String(error) }));
  messages.on("message", (channel: string, message: string) => {
    if (channel === CHANNEL) hear(message.split("\n").map(parseLine));
  });

  return {
    async publish(drafts) {
      for (let start = 0; start < drafts.length; start += BATCH) {
        const batch = drafts.slice(start, start + BATCH);
        try {
          await commands.eval(PUBLISH_SCRIPT, 2, STREAM_PREFIX, CHANNEL, keptEvents, ...batch.flatMap(toArguments));
        } catch {
          fanOut.deliver(batch.map(({ workspaceId, ...draft }) => ({ workspaceId, event: { id: nextId(), ...draft } })));
        }
      }
    },

    subscribe: (filter, listener, after) => subscribeSince({ fanOut, log, logger }, { filter, listener, after }),
  };
}

function toArguments({ workspaceId, ...draft }: EventDraft): [number, string] {
  return [workspaceId, JSON.stringify(draft)];
}

function parseLine(line: string): FanOutEntry {
  const first = line.indexOf(" ");
  const second = line.indexOf(" ", first + 1);
  const event = { id: line.slice(first + 1, second), ...JSON.parse(line.slice(second + 1)) } as Event;
  return { workspaceId: Number(line.slice(0, first)), event };
}

function createLog({ commands }: RedisConnections): EventLog {
  return {
    async readAfter(workspaceId, id) {
      const entries = await commands.xrange(`${STREAM_PREFIX}${workspaceId}`, `(${id}`, "+", "COUNT", READ_BATCH);
      const events = entries.map(([entryId, fields]) => ({ id: entryId, ...JSON.parse(fields[1] ?? "{}") }) as Event);
      return { events, isMore: entries.length === READ_BATCH };
    },
  };
}
