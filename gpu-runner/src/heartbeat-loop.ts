// Keeps every held lease alive with one request for all of them: progress and logs go up, cancelled, lost and drain come
// down. It runs on its own and waits for no executor, so a busy job never costs its lease.
import { ApiError, type Client } from "../../src/client/index.ts";
import type { HeartbeatResult } from "../../src/contract/lease.ts";
import { createBackoff, isRefusal } from "./backoff.ts";
import type { Board, HeldLease } from "./board.ts";
import { type Log, messageOf } from "./log.ts";
import type { LogEntry } from "./log-buffer.ts";
import { GIVE_BACK_AFTER_MS } from "./prefetch.ts";

/** A cancel is heard at a heartbeat, so this is how long it takes at most. */
const QUIET_INTERVAL_MS = 5000;
const NEWS_INTERVAL_MS = 1000;
/** The first words of a job show that it runs; a job that is over sooner sends them with its result. */
const FIRST_NEWS_MS = 200;
/** Event lines are text that somebody watches being written. */
const EVENT_INTERVAL_MS = 250;
const REQUEST_DEADLINE_MS = 15_000;
const LINES_A_LEASE = 2000;
const BYTES_A_BEAT = 2 * 1024 * 1024;

export interface HeartbeatLoopOptions {
  client: Client;
  board: Board;
  runnerId: string;
  leaseSeconds: number;
  log: Log;
  onContact: () => void;
  onDrain: () => void;
  onFailure: () => void;
  /** Releases a prefetched lease that waits too long. */
  giveBack: (lease: HeldLease) => void;
  metrics: () => Record<string, unknown>;
  signal: AbortSignal;
}

export async function runHeartbeatLoop(options: HeartbeatLoopOptions): Promise<void> {
  const { board, leaseSeconds, log, onFailure, signal } = options;
  const backoff = createBackoff({ longestMs: QUIET_INTERVAL_MS });
  let lastAt = 0;
  // Until the server says how often: a third of the lease, as it will.
  let serverIntervalMs = (leaseSeconds * 1000) / 3;
  while (!signal.aborted) {
    const waitMs = dueAt(board, lastAt, serverIntervalMs) - performance.now();
    if (waitMs > 0) {
      await board.beatBell.wait(Math.min(waitMs, QUIET_INTERVAL_MS), signal);
      continue;
    }
    lastAt = performance.now();
    try {
      const answer = await beat(options);
      serverIntervalMs = answer.nextHeartbeatSeconds * 1000;
      backoff.reset();
      options.onContact();
    } catch (error) {
      if (signal.aborted) return;
      onFailure();
      if (isRefusal(error)) log.error("the API refuses this runner's heartbeats: check MILLRACE_TOKEN", { reason: messageOf(error) });
      else log.warn("a heartbeat failed, trying again", { reason: messageOf(error) });
      await backoff.wait(error, signal);
    }
  }
}

/** When the next heartbeat is due. A lease just taken needs none, so a short job costs none. */
function dueAt(board: Board, lastAt: number, serverIntervalMs: number): number {
  const held = [...board.leases.values()];
  if (held.length === 0) return Number.POSITIVE_INFINITY;
  const heldSince = Math.min(...held.map((lease) => lease.heldSince));
  const due = (intervalMs: number) => Math.max(lastAt + intervalMs, heldSince + FIRST_NEWS_MS);
  if (held.some((lease) => lease.logs.hasEvents)) return due(EVENT_INTERVAL_MS);
  if (held.some((lease) => lease.hasNewProgress || lease.logs.size > 0)) return due(NEWS_INTERVAL_MS);
  return Math.max(lastAt, heldSince) + Math.min(QUIET_INTERVAL_MS, serverIntervalMs);
}

async function beat(options: HeartbeatLoopOptions): Promise<HeartbeatResult> {
  const { board, leaseSeconds, onDrain, giveBack, log } = options;
  const requestedAt = performance.now();
  const parts = collect(board);
  const arrived = Promise.withResolvers<void>();
  for (const { lease, logs } of parts) if (logs.length > 0) lease.logsInFlight = arrived.promise;
  let answer: HeartbeatResult;
  try {
    answer = await send(options, parts);
  } finally {
    for (const { lease } of parts) lease.logsInFlight = undefined;
    arrived.resolve();
  }

  for (const token of answer.extended) {
    const lease = board.leases.get(token);
    if (lease) lease.validUntil = requestedAt + leaseSeconds * 1000;
  }
  const stop = (reason: "cancelled" | "lost", words: string) => (token: string) => {
    const lease = board.leases.get(token);
    if (!lease || lease.stop.signal.aborted) return;
    log.info(words, { jobId: lease.job.id });
    board.stop(lease, reason);
  };
  answer.cancelled.map(stop("cancelled", "a job was cancelled: it is stopped"));
  answer.lost.map(stop("lost", "a lease is no longer ours: its job is stopped, nothing more is sent"));
  if (answer.drain) onDrain();
  for (const lease of board.inPhase("waiting")) if (performance.now() - lease.heldSince > GIVE_BACK_AFTER_MS) giveBack(lease);
  return answer;
}

/** What one heartbeat says about one lease. */
interface Part {
  lease: HeldLease;
  logs: LogEntry[];
  progress: HeldLease["progress"];
}

function collect(board: Board): Part[] {
  let bytes = BYTES_A_BEAT;
  const ours = [...board.leases.values()].filter((lease) => lease.stop.signal.reason !== "lost");
  return ours.map((lease) => {
    const logs = bytes > 0 ? lease.logs.peek({ lines: LINES_A_LEASE, bytes }) : [];
    bytes -= logs.reduce((sum, entry) => sum + entry.line.length, 0);
    return { lease, logs, progress: lease.hasNewProgress ? lease.progress : undefined };
  });
}

async function send({ client, runnerId, metrics, log, signal }: HeartbeatLoopOptions, parts: readonly Part[]): Promise<HeartbeatResult> {
  const leases = parts.map(({ lease, logs, progress }) => ({
    leaseToken: lease.token,
    ...(progress ? { progress } : {}),
    ...(logs.length > 0 ? { logs } : {}),
  }));
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_DEADLINE_MS)]);
  try {
    const answer = await client.leases.heartbeat({ runnerId, leases, metrics: metrics() }, { signal: deadline });
    for (const part of parts) acknowledge(part);
    return answer;
  } catch (error) {
    // What the API calls invalid it will call invalid again: better no log than no lease.
    if (error instanceof ApiError && (error.status === 422 || error.status === 413 || error.status === 400)) {
      log.error("the API refused log lines or progress; they are dropped", { reason: messageOf(error) });
      for (const part of parts) acknowledge(part);
    }
    throw error;
  }
}

function acknowledge({ lease, logs, progress }: Part): void {
  const last = logs.at(-1);
  if (last) lease.logs.acknowledge(last.seq);
  if (lease.progress === progress) lease.hasNewProgress = false;
}
