// A job's log lines on their way to the API: numbered, bounded in rate and number, kept until they are acknowledged.

import type { z } from "zod";
import type { LogInput } from "../../src/contract/lease.ts";

export type LogEntry = z.infer<typeof LogInput>;
export type LogStream = LogEntry["stream"];

export interface LogBuffer {
  add(stream: LogStream, line: string): void;
  /** The oldest lines, up to the limits; they stay until `acknowledge`. */
  peek(limit: { lines: number; bytes: number }): LogEntry[];
  /** Forgets lines up to this number. */
  acknowledge(seq: number): void;
  readonly size: number;
  /** True while a line of the stream `event` waits: somebody may be watching it appear. */
  readonly hasEvents: boolean;
}

const CAPACITY = { lines: 10_000, bytes: 4 * 1024 * 1024 };
/** What a job may log in the long run; a burst of ten seconds' worth passes. */
const RATE = { linesPerSecond: 500, burst: 5000 };
const LONGEST_LINE = 16_384;

export function createLogBuffer(now: () => number = Date.now): LogBuffer {
  const entries: LogEntry[] = [];
  let bytes = 0;
  let seq = 0;
  let events = 0;
  let dropped = 0;
  let allowance = RATE.burst;
  let filledAt = now();

  function push(stream: LogStream, line: string): void {
    seq += 1;
    bytes += line.length;
    if (stream === "event") events += 1;
    entries.push({ seq, at: new Date(now()).toISOString(), stream, line });
  }

  function mayPass(): boolean {
    const at = now();
    allowance = Math.min(RATE.burst, allowance + (Math.max(0, at - filledAt) / 1000) * RATE.linesPerSecond);
    filledAt = at;
    return allowance >= 1 && entries.length < CAPACITY.lines && bytes < CAPACITY.bytes;
  }

  function tellDropped(): void {
    if (dropped > 0) push("stderr", `… ${dropped} lines dropped: too many for the log`);
    dropped = 0;
  }

  return {
    add(stream, line) {
      if (!mayPass()) {
        dropped += 1;
        return;
      }
      allowance -= 1;
      tellDropped();
      push(stream, clean(line));
    },
    peek(limit) {
      // With nothing else to send, the job has fallen silent: say what is missing now.
      if (entries.length === 0) tellDropped();
      const batch: LogEntry[] = [];
      let size = 0;
      for (const entry of entries) {
        size += entry.line.length;
        if (batch.length === limit.lines || (batch.length > 0 && size > limit.bytes)) break;
        batch.push(entry);
      }
      return batch;
    },
    acknowledge(upTo) {
      let count = 0;
      for (const entry of entries) {
        if (entry.seq > upTo) break;
        count += 1;
        bytes -= entry.line.length;
        if (entry.stream === "event") events -= 1;
      }
      entries.splice(0, count);
    },
    get size() {
      return entries.length + (dropped > 0 ? 1 : 0);
    },
    get hasEvents() {
      return events > 0;
    },
  };
}

/** What Postgres can store and a page can show: no NUL, no half characters, no endless line. */
function clean(line: string): string {
  const cut = line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)} … (${line.length - LONGEST_LINE} characters cut)` : line;
  return cut.replaceAll("\u0000", "").toWellFormed();
}
