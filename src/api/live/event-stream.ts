// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) over the event bus.
import type { Event } from "../../contract/event.ts";
import { EventQuery } from "../../contract/event.ts";
import type { Identity } from "../../core/context.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventBus } from "../../ports/event-bus.ts";

const KEEPALIVE_MILLISECONDS = 15_000; // proxies close what is silent for long
const MAX_BUFFERED_EVENTS = 10_000; // a client this far behind reconnects and resumes
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
  const buffered: Event[] = [];
  let wake = new AbortController();

  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(`retry: ${RETRY_MILLISECONDS}\n: connected\n\n`));
        unsubscribe = bus.subscribe(
          { workspaceId: identity.workspaceId, jobId, queue, type: topic },
          (events) => {
            for (const event of events) buffered.push(event);
            wake.abort();
          },
          after,
        );
      },
      async pull(controller) {
        if (buffered.length === 0) {
          await clock.sleep(KEEPALIVE_MILLISECONDS, AbortSignal.any([wake.signal, ended.signal]));
          wake = new AbortController();
        }
        if (ended.signal.aborted) return;
        if (buffered.length > MAX_BUFFERED_EVENTS) {
          unsubscribe();
          controller.close();
          return;
        }
        const text = buffered.length === 0 ? ": still here\n\n" : buffered.splice(0).map(frame).join("");
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
