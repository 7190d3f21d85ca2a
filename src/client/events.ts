// Live events as an async iterator that reconnects by itself and resumes after the last event seen.
import type { Event, EventInput, EventQuery } from "../contract/event.ts";
import { ApiError, NetworkError } from "./api-error.ts";
import { createSseParser } from "./sse-parser.ts";
import type { CallOptions, Transport } from "./transport.ts";

export interface StreamOptions extends CallOptions {
  /** Resume after this event. */
  lastEventId?: string | undefined;
  /** Told at each connection and each loss of it. */
  onConnection?: ((connected: boolean) => void) | undefined;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** Servers send a comment every 15 s or so; four missed ones mean a connection that died without a word. */
const SILENCE_MS = 60_000;

export function events(transport: Transport) {
  return {
    publish: (event: EventInput, options: CallOptions = {}) =>
      transport.call<{ id?: string } | undefined>("POST", "/api/v1/events", { ...options, json: event }),
    /**
     * Ends when `signal` aborts or the loop is left; throws for an answer that will not get better (401, 403, 404, 422).
     *
     * @example for await (const event of client.events.stream({ jobId })) console.log(event.type);
     */
    stream: (query: Partial<EventQuery> = {}, options: StreamOptions = {}) => stream(transport, query, options),
  };
}

async function* stream(transport: Transport, query: Partial<EventQuery>, options: StreamOptions): AsyncGenerator<Event, void, undefined> {
  const { signal, onConnection } = options;
  let lastEventId = options.lastEventId;
  let waitMs = FIRST_WAIT_MS;
  let serverRetryMs: number | undefined;

  while (!signal?.aborted) {
    const connection = new AbortController();
    const stop = () => connection.abort();
    signal?.addEventListener("abort", stop, { once: true });
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE_MS);
    };
    let isOpen = false;
    try {
      heard();
      const headers: Record<string, string> = { accept: "text/event-stream", ...(lastEventId ? { "last-event-id": lastEventId } : {}) };
      const response = await transport.send("GET", "/api/v1/events", { query, headers, signal: connection.signal });
      isOpen = true;
      onConnection?.(true);
      const parser = createSseParser();
      const decoder = new TextDecoder();
      for await (const bytes of chunks(response)) {
        heard();
        waitMs = FIRST_WAIT_MS;
        for (const message of parser.push(decoder.decode(bytes, { stream: true }))) {
          if (message.id !== undefined) lastEventId = message.id;
          const event = parseEvent(message.data);
          if (event) yield event;
        }
        serverRetryMs = parser.retryMs ?? serverRetryMs;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof ApiError && !error.isTemporary) throw error;
      if (error instanceof ApiError && error.retryAfterSeconds !== undefined) waitMs = Math.max(waitMs, error.retryAfterSeconds * 1000);
      const isConnectionLoss = error instanceof ApiError || error instanceof NetworkError || connection.signal.aborted || isOpen;
      if (!isConnectionLoss) throw error;
    } finally {
      clearTimeout(silence);
      signal?.removeEventListener("abort", stop);
      connection.abort();
      if (isOpen) onConnection?.(false);
    }
    // Half the wait is random, so that a restarted server is not met by everybody at once.
    await sleep((serverRetryMs ?? waitMs) * (0.5 + Math.random() / 2), signal);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
}

// Safari's ReadableStream is not async iterable.
async function* chunks(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

function parseEvent(data: string): Event | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && "type" in value ? (value as Event) : null;
  } catch {
    return null;
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
    if (signal?.aborted) done();
  });
}
