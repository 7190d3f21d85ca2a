// What is live, for processes that are no Durable Object: each follows its workspaces' channel at Upstash, as server-sent
// events (https://upstash.com/docs/redis/features/restapi#subscribe), as long as somebody in it listens.
//
// The vendor's client does not tell when such a stream has ended, so we read it ourselves: it is opened again, and what was
// published meanwhile comes from the log. One message after the other, so events keep their order and come once.
import type { Event } from "../../contract/event.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventBus, EventDraft } from "../../ports/event-bus.ts";
import type { Logger } from "../../ports/logger.ts";
import { createEventFanOut } from "../memory/event-fan-out.ts";
import { createEventIds } from "../memory/event-ids.ts";
import { compareEventIds } from "../memory/event-ring.ts";
import { createMemoryNotifier } from "../memory/notifier.ts";
import { type EventLog, subscribeSince } from "../memory/resume.ts";
import type { Defer } from "./defer.ts";
import { append, createUpstashEventLog, eventChannel } from "./event-log.ts";
import type { WakeLink } from "./hub-link.ts";
import { describeFailure, openUpstash, type UpstashOptions } from "./redis.ts";

const WAIT_MILLISECONDS = 25_000;
const RETRY_MILLISECONDS = 1_000;
// Listeners come and go with every poll: the channel stays open for the next one.
const LINGER_MILLISECONDS = 60_000;

export type FollowedHub = WakeLink & { bus: EventBus };

type Following = { listeners: number; stop: AbortController };
type Options = { upstash: UpstashOptions; defer: Defer; clock: Clock; logger: Logger };

export function createFollowedHub({ upstash, defer, clock, logger }: Options): FollowedHub {
  const fanOut = createEventFanOut({ logger });
  const notifier = createMemoryNotifier({ logger });
  const log = createUpstashEventLog(() => openUpstash(upstash));
  const nextId = createEventIds(clock);
  const following = new Map<number, Following>();

  /** Follows the workspace's channel until every listener has let go. */
  function hold(workspaceId: number): () => void {
    const known = following.get(workspaceId);
    const entry = known ?? { listeners: 0, stop: new AbortController() };
    entry.listeners += 1;
    if (!known) {
      following.set(workspaceId, entry);
      const hear = (message: string | Event[]) => {
        if (typeof message === "string") notifier.notify(workspaceId, [message]);
        else fanOut.deliver(message.map((event) => ({ workspaceId, event })));
      };
      void follow({ workspaceId, upstash, log, clock, logger, hear, signal: entry.stop.signal });
    }
    return () => {
      entry.listeners -= 1;
      if (entry.listeners > 0) return;
      void clock.sleep(LINGER_MILLISECONDS).then(() => {
        if (entry.listeners > 0 || following.get(workspaceId) !== entry) return;
        following.delete(workspaceId);
        entry.stop.abort();
      });
    };
  }

  async function publish(workspaceId: number, drafts: EventDraft[]): Promise<void> {
    try {
      await append(openUpstash(upstash), drafts, { announce: true });
    } catch (error) {
      logger.warn("Redis is away: live events stay within this process", { error: describeFailure(error) });
      fanOut.deliver(drafts.map(({ workspaceId: _, ...draft }) => ({ workspaceId, event: { id: nextId(), ...draft } })));
    }
  }

  return {
    bus: {
      publish(drafts) {
        const byWorkspace = Map.groupBy(drafts, (draft) => draft.workspaceId);
        const work = Promise.all([...byWorkspace].map(([workspaceId, group]) => publish(workspaceId, group)));
        defer(work);
        return work.then(() => {});
      },
      subscribe(filter, listener, after) {
        const release = hold(filter.workspaceId);
        const unsubscribe = subscribeSince({ fanOut, log, logger }, { filter, listener, after });
        return () => {
          unsubscribe();
          release();
        };
      },
    },

    async wake(workspaceId, queues) {
      notifier.notify(workspaceId, queues);
      await openUpstash(upstash).publish(eventChannel(workspaceId), JSON.stringify({ wake: queues }));
    },

    async nextWake(workspaceId, queues) {
      const release = hold(workspaceId);
      const woken = new AbortController();
      let first: string | null = null;
      const unlisten = notifier.listen(workspaceId, queues, (queue) => {
        first ??= queue;
        woken.abort();
      });
      await clock.sleep(WAIT_MILLISECONDS, woken.signal);
      unlisten();
      release();
      return first;
    },
  };
}

type Follow = {
  workspaceId: number;
  upstash: UpstashOptions;
  log: EventLog;
  clock: Clock;
  logger: Logger;
  /** Events, or a queue that is woken. */
  hear: (message: string | Event[]) => void;
  signal: AbortSignal;
};

async function follow({ workspaceId, upstash, log, clock, logger, hear, signal }: Follow): Promise<void> {
  let last = `${clock.now()}-0`;
  const hearEvents = (events: Event[]) => {
    const fresh = events.filter((event) => compareEventIds(event.id, last) > 0);
    last = fresh.at(-1)?.id ?? last;
    if (fresh.length > 0) hear(fresh);
  };
  while (!signal.aborted) {
    try {
      for await (const message of messages(upstash, eventChannel(workspaceId), signal)) {
        // Null: the subscription stands. What came before it is in the log.
        const heard = message === null ? (await log.readAfter(workspaceId, last)).events : JSON.parse(message);
        if (Array.isArray(heard)) hearEvents(heard);
        else for (const queue of heard.wake) hear(queue);
      }
    } catch (error) {
      if (!signal.aborted) logger.warn("the live channel broke off", { error: describeFailure(error) });
    }
    await clock.sleep(RETRY_MILLISECONDS, signal);
  }
}

/** A channel's messages; null once the subscription stands. Ends with the stream. */
async function* messages({ url, token }: UpstashOptions, channel: string, signal: AbortSignal): AsyncGenerator<string | null> {
  const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream" };
  const response = await fetch(`${url}/subscribe/${encodeURIComponent(channel)}`, { headers, signal });
  if (!response.ok || !response.body) throw new Error(`Upstash answered a subscription with ${response.status}`);
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (text + decoder.decode(chunk, { stream: true })).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      // data: message,<channel>,<what was published>
      const [, kind, content] = /^data: (subscribe|message),[^,]*,(.*)$/.exec(line) ?? [];
      if (kind) yield kind === "subscribe" ? null : (content ?? "");
    }
  }
}
