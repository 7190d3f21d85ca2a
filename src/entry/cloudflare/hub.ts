// The live hub of one workspace: its WebSockets, its event streams, and whoever waits for an event or for work.
//
// WebSockets hibernate: while nothing happens, the object leaves memory and the sockets stay open. What a socket asked for
// is stored (`socket:<id>`), its identity and count of updates travel with the socket itself; the constructor puts the
// sessions together again. Events reach the hub by `deliver` alone, after Upstash gave them their ids.
import { DurableObject } from "cloudflare:workers";
import { createUpstashEventLog } from "../../adapters/edge/event-log.ts";
import { openUpstash } from "../../adapters/edge/redis.ts";
import { createEventFanOut, matches } from "../../adapters/memory/event-fan-out.ts";
import { EventRing } from "../../adapters/memory/event-ring.ts";
import { createMemoryNotifier } from "../../adapters/memory/notifier.ts";
import { subscribeSince } from "../../adapters/memory/resume.ts";
import { clock } from "../../adapters/selfhost/clock.ts";
import { createLogger } from "../../adapters/selfhost/logger.ts";
import { streamEvents } from "../../api/live/event-stream.ts";
import type { Event } from "../../contract/event.ts";
import type { Identity } from "../../core/context.ts";
import type { EventBus, EventFilter } from "../../ports/event-bus.ts";
import { type Edge, openEdge } from "./edge.ts";
import { type Env, IDENTITY_HEADER } from "./env.ts";
import { createSockets, type Sockets } from "./sockets.ts";

// Ends before the caller's patience: a wait that came to nothing is asked for again.
const WAIT_MILLISECONDS = 25_000;
const KEPT_EVENTS = 1_000;
const KEPT_BYTES = 4 * 1024 * 1024;

export class Hub extends DurableObject<Env> {
  readonly #edge: Edge;
  readonly #fanOut;
  readonly #notifier;
  readonly #sockets: Sockets;
  readonly #bus: EventBus;
  /** The newest events, for waits that begin just after. */
  readonly #recent = new EventRing(KEPT_EVENTS, KEPT_BYTES);

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#edge = openEdge(env);
    const { settings, engine } = this.#edge;
    const logger = createLogger({ level: settings.logLevel, fields: { name: "hub" } });
    const fanOut = createEventFanOut({ logger });
    const log = createUpstashEventLog(() => openUpstash(settings.upstash));
    this.#fanOut = fanOut;
    this.#notifier = createMemoryNotifier({ logger });
    this.#bus = {
      publish: () => Promise.reject(new Error("The hub delivers events, it does not make any.")),
      subscribe: (filter, listener, after) => subscribeSince({ fanOut, log, logger }, { filter, listener, after }),
    };
    this.#sockets = createSockets(state, { bus: this.#bus, engine, logger });
  }

  /** An SSE stream or a WebSocket of a client that was authenticated; see live.ts. */
  override fetch(request: Request): Response {
    const identity = JSON.parse(decodeURIComponent(request.headers.get(IDENTITY_HEADER) ?? "null")) as Identity;
    if (request.headers.get("upgrade") === "websocket") return this.#sockets.accept(request, identity);
    return streamEvents(request, { bus: this.#bus, clock, identity });
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    await this.#sockets.receive(socket, message);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#sockets.end(socket, code);
  }

  override webSocketError(socket: WebSocket): void {
    this.#sockets.end(socket, null);
  }

  deliver(workspaceId: number, events: readonly Event[]): void {
    for (const event of events) this.#recent.push({ workspaceId, event });
    this.#fanOut.deliver(events.map((event) => ({ workspaceId, event })));
    this.#sockets.remember();
  }

  wake(workspaceId: number, queues: readonly string[]): void {
    this.#notifier.notify(workspaceId, queues);
  }

  /** See `HubLink`. */
  async nextEvents(filter: EventFilter, after: string | undefined): Promise<Event[]> {
    const missed = after === undefined ? [] : this.#recent.after(after);
    const events = missed.filter(({ workspaceId, event }) => matches(filter, workspaceId, event)).map(({ event }) => event);
    if (events.length > 0) return events;
    return waitFor<Event[]>([], (resolve) => this.#fanOut.subscribe(filter, (heard) => resolve([...heard])));
  }

  async nextWake(workspaceId: number, queues: readonly string[]): Promise<string | null> {
    return waitFor<string | null>(null, (resolve) => this.#notifier.listen(workspaceId, queues, resolve));
  }

  metrics(): string {
    return this.#sockets.metrics();
  }
}

/** What `listen` resolves with, or `otherwise` when the time is over. */
function waitFor<Value>(otherwise: Value, listen: (resolve: (value: Value) => void) => () => void): Promise<Value> {
  return new Promise((resolve) => {
    const end = (value: Value) => {
      clearTimeout(timer);
      unlisten();
      resolve(value);
    };
    const timer = setTimeout(() => end(otherwise), WAIT_MILLISECONDS);
    const unlisten = listen(end);
  });
}
