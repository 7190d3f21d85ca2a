// The log of live events in Upstash: a stream per workspace, from which whoever was away resumes.
import type { Redis } from "@upstash/redis/cloudflare";
import type { Event } from "../../contract/event.ts";
import type { EventDraft } from "../../ports/event-bus.ts";
import type { EventLog } from "../memory/resume.ts";

const KEPT_EVENTS = 10_000; // a workspace; the self-hosted Redis keeps more, this one is paid by size
const READ_BATCH = 1_000;
const STREAM_PREFIX = "millrace:events:";

/** Where `append` announces a workspace's events to processes that subscribe. */
export const eventChannel = (workspaceId: number) => `${STREAM_PREFIX}live:${workspaceId}`;

// ARGV: kept events, the channel or nothing, then the events. A message is a JSON array: it has no line breaks, which
// would end a line of server-sent events.
const APPEND_SCRIPT = `
local ids, said = {}, {}
for i = 3, #ARGV do
  local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'e', ARGV[i])
  ids[#ids + 1] = id
  said[#said + 1] = '{"id":"' .. id .. '",' .. string.sub(ARGV[i], 2)
end
if ARGV[2] ~= '' then redis.call('PUBLISH', ARGV[2], '[' .. table.concat(said, ',') .. ']') end
return ids`;

/** Appends one workspace's events in one request; the events with the ids they were given. */
export async function append(redis: Redis, drafts: readonly EventDraft[], options: { announce: boolean }): Promise<Event[]> {
  const workspaceId = drafts[0]?.workspaceId ?? 0;
  const bare = drafts.map(({ workspaceId: _, ...draft }) => draft);
  const channel = options.announce ? eventChannel(workspaceId) : "";
  const events = bare.map((draft) => JSON.stringify(draft));
  const ids = await redis.eval<string[], string[]>(
    APPEND_SCRIPT,
    [`${STREAM_PREFIX}${workspaceId}`],
    [String(KEPT_EVENTS), channel, ...events],
  );
  return bare.map((draft, index) => ({ id: ids[index] ?? "", ...draft }));
}

export function createUpstashEventLog(open: () => Redis): EventLog {
  return {
    async readAfter(workspaceId, id) {
      // As the REST API answers: [[id, ["e", event]], …]. The client's own xrange would merge fields into objects.
      const raw = await open().eval<string[], [string, [string, string]][]>(
        "return redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])",
        [`${STREAM_PREFIX}${workspaceId}`],
        [id, String(READ_BATCH)],
      );
      const events = raw.map(([entryId, [, event]]) => ({ id: entryId, ...JSON.parse(event) }) as Event);
      return { events, isMore: raw.length === READ_BATCH };
    },
  };
}
