// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) over the event bus.
import type { Event } from "../../contract/event.ts";
import { EventQuery } from "../../contract/event.ts";
import type { Identity } from "../../core/context.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventBus } from "../../ports/event-bus.ts";

const KEEPALIVE_MILLISECONDS = 15_000; // proxies close what is silent for long
// A client this far behind is cut off; it reconnects and resumes. The events of the largest batch (10,000 jobs) are half
// of it. What a bus replays at once does not count: the bus bounds that, and cutting it off would lead nowhere.
const MAX_BUFFERED_CHARACTERS = 8 * 1024 * 1024;
const RETRY_MILLISECONDS = 1_000;

const encoder = new TextEncoder();

/** The endless answer to GET /api/v1/events. The request was authenticated and its query checked before. */
export function streamEvents(request: Request, { bus, clock, identity }: { bus: EventBus; clock: Clock; identity: Identity }): Response {
  const search = Object.fromEntries(new URL(request.url).searchParams);
  const { lastEventId, ...rest } = search;
  const { jobId, queue, topic } = EventQuery.parse(rest);
  const after = request.headers.get("last-event-id") ?? lastEventId;
  const ended = new AbortController();
  let unsubscribe = () => {};
  let buffered: string[] = [];
  let bufferedCharacters = 0;
  let isReplaying = true;
  let wake = new AbortController();

  const cutOff = (controller: ReadableStreamDefaultController) => {
    ended.abort();
    unsubscribe();
    buffered = [];
    controller.error(new Error("the client is too slow"));
  };

  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(`retry: ${RETRY_MILLISECONDS}\n: connected\n\n`));
        unsubscribe = bus.subscribe(
          { workspaceId: identity.workspaceId, jobId, queue, type: topic },
          (events) => {
            for (const text of events.map(frame)) {
              buffered.push(text);
              if (!isReplaying) bufferedCharacters += text.length;
            }
            // Here and not in pull, which nobody calls for a client that does not read.
            if (bufferedCharacters > MAX_BUFFERED_CHARACTERS) cutOff(controller);
            wake.abort();
          },
          after,
        );
        isReplaying = false;
      },
      async pull(controller) {
        if (buffered.length === 0) {
          await clock.sleep(KEEPALIVE_MILLISECONDS, AbortSignal.any([wake.signal, ended.signal]));
          wake = new AbortController();
        }
        if (ended.signal.aborted) return;
        const text = buffered.length === 0 ? ": still here\n\n" : buffered.join("");
        buffered = [];
        bufferedCharacters = 0;
        controller.enqueue(encoder.encode(text));
      },
      cancel() {
        ended.abort();
        unsubscribe();
      },
    },
    { highWaterMark: 1 },
  );
  return new Response(stream, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no" },
  });
}

// JSON.stringify leaves no line breaks, so one data line is enough; the type is a name or a topic, both without breaks.
function frame(event: Event): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
