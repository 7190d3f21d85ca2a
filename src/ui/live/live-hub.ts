// The page's one live stream: events arrive here, are gathered, and go out in batches.
//
// One connection a tab, because browsers allow six to a host over HTTP/1.1 and tabs share them. It follows either
// everything or, while a job is being looked at, that job alone: other jobs' logs then cost nothing.
import type { Event } from "../../contract/event.ts";
import type { JobId } from "../../contract/ids.ts";
import { ApiError, api } from "../app/api.ts";

export type LiveStatus = "connecting" | "live" | "lost" | "resting";
type BatchListener = (events: Event[]) => void;

/** At most four updates a second: more is noise to read and work to draw. */
const BATCH_MS = 250;
/** With one job in view text streams in; that reads better in smaller sips. */
const FOCUSED_BATCH_MS = 80;
/** A tab nobody sees gives its connection back after this long. */
const HIDDEN_REST_MS = 60_000;
const RESTART_MS = 10_000;
/** Longer than any answer takes: what came meanwhile must still be known when it is there. */
const REMEMBERED_MS = 30_000;
const MOST_REMEMBERED = 5000;

export class LiveHub {
  readonly #onUnauthorized: (error: ApiError) => void;
  readonly #listeners = new Set<BatchListener>();
  readonly #openListeners = new Set<() => void>();
  readonly #statusListeners = new Set<() => void>();
  readonly #focused: JobId[] = [];
  #status: LiveStatus = "connecting";
  #batch: Event[] = [];
  #recent: { receivedAt: number; event: Event }[] = [];
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #restartTimer: ReturnType<typeof setTimeout> | undefined;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  #connection: AbortController | undefined;
  #followed: JobId | undefined;
  #lastEventId: string | undefined;

  constructor(onUnauthorized: (error: ApiError) => void) {
    this.#onUnauthorized = onUnauthorized;
  }

  /** Connects, and stays connected until the returned function is called. */
  start(): () => void {
    const onVisibility = () => this.#noteVisibility();
    document.addEventListener("visibilitychange", onVisibility);
    this.#restartSoon(0);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      clearTimeout(this.#restartTimer);
      clearTimeout(this.#hiddenTimer);
      this.#disconnect();
    };
  }

  /** Follows this job alone until the returned function is called; the job focused last counts. */
  focus(jobId: JobId): () => void {
    this.#focused.push(jobId);
    this.#restartSoon(0);
    return () => {
      const index = this.#focused.lastIndexOf(jobId);
      if (index >= 0) this.#focused.splice(index, 1);
      this.#restartSoon(0);
    };
  }

  subscribe(listener: BatchListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What came at or after `time` (of `performance.now()`), oldest first. */
  receivedSince(time: number): Event[] {
    const first = this.#recent.findIndex(({ receivedAt }) => receivedAt >= time);
    return first < 0 ? [] : this.#recent.slice(first).map(({ event }) => event);
  }

  /** Told each time the stream opens: what was read before may be out of date. */
  subscribeOpen(listener: () => void): () => void {
    this.#openListeners.add(listener);
    return () => this.#openListeners.delete(listener);
  }

  readonly subscribeStatus = (listener: () => void): (() => void) => {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  };

  readonly status = (): LiveStatus => this.#status;

  #restartSoon(delayMs: number): void {
    clearTimeout(this.#restartTimer);
    this.#restartTimer = setTimeout(() => this.#connect(), delayMs);
  }

  #connect(): void {
    const jobId = this.#focused.at(-1);
    if (this.#connection && jobId === this.#followed) return;
    // Going from everything to one job, the events since the last one seen are that job's few. The other way round
    // they may be thousands, and the page reads its lists afresh anyway.
    if (jobId === undefined && this.#followed !== undefined) this.#lastEventId = undefined;
    this.#disconnect();
    this.#followed = jobId;
    const connection = new AbortController();
    this.#connection = connection;
    this.#setStatus("connecting");
    void this.#read(connection, jobId);
  }

  async #read(connection: AbortController, jobId: JobId | undefined): Promise<void> {
    const onConnection = (isOpen: boolean) => {
      if (connection.signal.aborted) return;
      this.#setStatus(isOpen ? "live" : "lost");
      if (isOpen) for (const listener of this.#openListeners) listener();
    };
    try {
      const options = { signal: connection.signal, lastEventId: this.#lastEventId, onConnection };
      for await (const event of api.events.stream(jobId ? { jobId } : {}, options)) this.#receive(event);
    } catch (error) {
      if (connection.signal.aborted) return;
      this.#connection = undefined;
      this.#setStatus("lost");
      if (error instanceof ApiError && error.status === 401) this.#onUnauthorized(error);
      else this.#restartSoon(RESTART_MS);
    }
  }

  #disconnect(): void {
    this.#connection?.abort();
    this.#connection = undefined;
  }

  #receive(event: Event): void {
    this.#lastEventId = event.id;
    this.#batch.push(event);
    this.#remember(event);
    this.#flushTimer ??= setTimeout(() => this.#flush(), this.#followed ? FOCUSED_BATCH_MS : BATCH_MS);
  }

  #remember(event: Event): void {
    const now = performance.now();
    this.#recent.push({ receivedAt: now, event });
    const isTooMuch = this.#recent.length > MOST_REMEMBERED * 2 || now - (this.#recent[0]?.receivedAt ?? now) > REMEMBERED_MS * 2;
    // In steps, so that a busy stream does not copy the list for every event.
    if (isTooMuch) this.#recent = this.#recent.slice(-MOST_REMEMBERED).filter(({ receivedAt }) => now - receivedAt <= REMEMBERED_MS);
  }

  #flush(): void {
    this.#flushTimer = undefined;
    const batch = this.#batch;
    this.#batch = [];
    for (const listener of this.#listeners) listener(batch);
  }

  #noteVisibility(): void {
    clearTimeout(this.#hiddenTimer);
    if (document.visibilityState === "visible") {
      this.#restartSoon(0);
      return;
    }
    this.#hiddenTimer = setTimeout(() => {
      this.#disconnect();
      this.#setStatus("resting");
    }, HIDDEN_REST_MS);
  }

  #setStatus(status: LiveStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    for (const listener of this.#statusListeners) listener();
  }
}
