// Clients of the live ends for tests: server-sent events and WebSockets, read one message at a time.
import { createParser } from "./sse-lines.ts";

export type SseEvent = { id: string; type: string; data: { type: string; jobId?: string; queue?: string; data: Record<string, unknown> } };

export interface EventStream {
  response: Response;
  /** The next event; rejects after so many seconds. */
  next(seconds?: number): Promise<SseEvent>;
  /** Everything until one that `isLast` accepts, it included. */
  until(isLast: (event: SseEvent) => boolean, seconds?: number): Promise<SseEvent[]>;
  close(): void;
}

/** Resolves once the server has begun to stream: what happens from now on is seen. */
export async function openEvents(url: string, headers: Record<string, string>): Promise<EventStream> {
  const closing = new AbortController();
  const response = await fetch(url, { headers, signal: closing.signal });
  const inbox = createInbox<SseEvent>();
  const parser = createParser((event) => inbox.push({ ...event, data: JSON.parse(event.data) }));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const first = await reader?.read();
  parser(first?.value ?? "");
  void (async () => {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) parser(part.value);
    inbox.fail(new Error("the stream ended"));
  })().catch((error: Error) => inbox.fail(error));
  const stream: EventStream = {
    response,
    next: inbox.next,
    async until(isLast, seconds) {
      const events: SseEvent[] = [];
      do events.push(await stream.next(seconds));
      while (!isLast(events.at(-1) as SseEvent));
      return events;
    },
    close: () => closing.abort(),
  };
  return stream;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
export type SocketMessage = any;

export interface TestSocket {
  readonly protocol: string;
  send(message: unknown): void;
  next(seconds?: number): Promise<SocketMessage>;
  readonly closed: Promise<{ code: number; reason: string }>;
  close(): void;
}

/** Resolves when the socket is open; `closed` tells with which code it was closed. */
export function openSocket(url: string, options: { headers?: Record<string, string>; protocols?: string[] } = {}): Promise<TestSocket> {
  // Node's WebSocket takes headers beside the standard's protocols.
  const socket = new WebSocket(url.replace(/^http/, "ws"), options as never);
  const inbox = createInbox<SocketMessage>();
  socket.addEventListener("message", ({ data }) => inbox.push(JSON.parse(data)));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => {
      inbox.fail(new Error(`the socket was closed: ${code} ${reason}`));
      resolve({ code, reason });
    });
  });
  return new Promise((resolve, reject) => {
    socket.addEventListener("error", () => reject(new Error("the handshake was refused")));
    socket.addEventListener("open", () => {
      const send = (message: unknown) => socket.send(typeof message === "string" ? message : JSON.stringify(message));
      resolve({ protocol: socket.protocol, send, next: inbox.next, closed, close: () => socket.close() });
    });
  });
}

function createInbox<Message>() {
  const messages: Message[] = [];
  let failure: Error | null = null;
  let wake = () => {};
  return {
    push(message: Message) {
      messages.push(message);
      wake();
    },
    fail(error: Error) {
      failure = error;
      wake();
    },
    async next(seconds = 15): Promise<Message> {
      const deadline = Date.now() + seconds * 1000;
      while (messages.length === 0) {
        if (failure) throw failure;
        if (Date.now() >= deadline) throw new Error(`no message within ${seconds} s`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, deadline - Date.now());
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return messages.shift() as Message;
    },
  };
}
