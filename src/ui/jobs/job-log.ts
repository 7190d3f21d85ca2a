// A job's log in the browser: read from the server once, then continued by live events, without gaps or doubles.
import type { JobId } from "../../contract/ids.ts";
import type { LogLine } from "../../contract/job.ts";
import { api } from "../app/api.ts";

/** Older lines are let go: a browser stays quick, and the server has them all. */
const KEPT_LINES = 20_000;
const PAGE_LINES = 5000;

export interface LogSnapshot {
  lines: readonly LogLine[];
  /** Lines let go at the front. */
  droppedCount: number;
  isLoaded: boolean;
  error: unknown;
}

export class JobLog {
  readonly #jobId: JobId;
  readonly #listeners = new Set<() => void>();
  #snapshot: LogSnapshot = { lines: [], droppedCount: 0, isLoaded: false, error: null };
  #lastSeq = 0;
  #isCatchingUp = false;
  #mustCatchUpAgain = false;

  constructor(jobId: JobId) {
    this.#jobId = jobId;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): LogSnapshot => this.#snapshot;

  /** Lines that came as an event. Those that do not follow on the last one known send us to the server for what lies between. */
  receive(lines: readonly LogLine[]): void {
    const fresh = lines.filter((line) => line.seq > this.#lastSeq);
    const first = fresh[0];
    if (!first) return;
    if (first.seq === this.#lastSeq + 1 && this.#snapshot.isLoaded) this.#append(fresh);
    else void this.catchUp();
  }

  /** Reads everything after the last line known. One reading at a time; a call meanwhile has it read once more. */
  async catchUp(): Promise<void> {
    this.#mustCatchUpAgain = this.#isCatchingUp;
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    try {
      let page = await api.jobs.logs(this.#jobId, { after: this.#lastSeq, limit: PAGE_LINES });
      this.#append(page.items);
      while (page.items.length === PAGE_LINES || this.#mustCatchUpAgain) {
        this.#mustCatchUpAgain = false;
        page = await api.jobs.logs(this.#jobId, { after: this.#lastSeq, limit: PAGE_LINES });
        this.#append(page.items);
      }
      this.#publish({ ...this.#snapshot, isLoaded: true, error: null });
    } catch (error) {
      this.#publish({ ...this.#snapshot, error });
    } finally {
      this.#isCatchingUp = false;
    }
  }

  #append(items: readonly LogLine[]): void {
    const fresh = items.filter((line) => line.seq > this.#lastSeq);
    const last = fresh.at(-1);
    if (!last) return;
    this.#lastSeq = last.seq;
    const lines = [...this.#snapshot.lines, ...fresh];
    const excess = Math.max(0, lines.length - KEPT_LINES);
    this.#publish({
      ...this.#snapshot,
      lines: excess > 0 ? lines.slice(excess) : lines,
      droppedCount: this.#snapshot.droppedCount + excess,
    });
  }

  #publish(snapshot: LogSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}
