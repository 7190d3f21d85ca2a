// When the next thing is due, in one Redis key that every request lowers and the tick reads: an idle minute costs one
// Redis command and no statement. What is due sooner than the next tick gets a QStash message for its very second.
//
// The key holds milliseconds. A tick that finds it due moves it a minute ahead while it sweeps; should the tick die, the
// next one finds it due again. Hints that come meanwhile only ever lower it, so none is lost.
import type { Redis } from "@upstash/redis/cloudflare";
import type { Clock } from "../../ports/clock.ts";
import type { SharedDueTime, TickClaim } from "../../ports/due-time.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Defer } from "./defer.ts";
import type { Messages } from "./messages.ts";
import { describeFailure } from "./redis.ts";

const DUE_KEY = "millrace:due";
const SWEPT_KEY = "millrace:swept";
const HOUSEKEPT_KEY = "millrace:housekept";

const MINUTE = 60_000;
const SAFETY_SWEEP = 60 * MINUTE; // what losing every hint costs
const BUSY_HOUSEKEEPING = 10 * MINUTE;
const IDLE_HOUSEKEEPING = 24 * 60 * MINUTE;

/** The path that sweeps when a message arrives. */
export const SWEEP_PATH = "/internal/sweep";

// Lua writes large numbers in exponents: times that are stored are passed in as text.
const HINT_SCRIPT = `
local due = redis.call('GET', KEYS[1])
if due and tonumber(due) <= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1`;

// ARGV: now, when to try again, safety, busy and idle housekeeping.
const CLAIM_SCRIPT = `
local now = tonumber(ARGV[1])
local function age(key) return now - tonumber(redis.call('GET', key) or '0') end
local due = redis.call('GET', KEYS[1])
local isDue = due and tonumber(due) <= now
local sweep = isDue or age(KEYS[2]) >= tonumber(ARGV[3])
local kept = age(KEYS[3])
local housekeep = kept >= tonumber(ARGV[5]) or (isDue and kept >= tonumber(ARGV[4]))
if isDue then redis.call('SET', KEYS[1], ARGV[2]) end
if sweep then redis.call('SET', KEYS[2], ARGV[1]) end
if housekeep then redis.call('SET', KEYS[3], ARGV[1]) end
return {isDue and 1 or 0, sweep and 1 or 0, housekeep and 1 or 0}`;

// Takes back the minute of grace, unless somebody lowered it meanwhile.
const RELEASE_SCRIPT = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end";

export type UpstashDueTimeOptions = {
  redis: Redis;
  messages: Messages;
  defer: Defer;
  clock: Pick<Clock, "now">;
  logger: Pick<Logger, "warn">;
};

export function createUpstashDueTime({ redis, messages, defer, clock, logger }: UpstashDueTimeOptions): SharedDueTime {
  async function lower(at: number): Promise<void> {
    const isSooner = await redis.eval<string[], number>(HINT_SCRIPT, [DUE_KEY], [String(at)]);
    const seconds = (at - clock.now()) / 1000;
    if (isSooner === 1 && seconds < 60) await messages.send(SWEEP_PATH, { delaySeconds: Math.max(seconds, 0) });
  }
  const warn = (error: unknown) =>
    logger.warn("the next due time was not written: the hourly sweep finds it", { error: describeFailure(error) });

  return {
    hint(seconds) {
      defer(lower(Math.ceil(clock.now() + seconds * 1000)).catch(warn));
    },

    async claim(now): Promise<TickClaim> {
      const tryAgainAt = String(now + MINUTE);
      const times = [now, tryAgainAt, SAFETY_SWEEP, BUSY_HOUSEKEEPING, IDLE_HOUSEKEEPING].map(String);
      const [isDue, sweep, housekeep] = await redis.eval<string[], number[]>(CLAIM_SCRIPT, [DUE_KEY, SWEPT_KEY, HOUSEKEPT_KEY], times);
      return {
        sweep: sweep === 1,
        housekeep: housekeep === 1,
        async done(nextInSeconds) {
          if (isDue === 1) await redis.eval(RELEASE_SCRIPT, [DUE_KEY], [tryAgainAt]);
          if (nextInSeconds !== null) await lower(Math.ceil(clock.now() + nextInSeconds * 1000)).catch(warn);
        },
      };
    },
  };
}
