// Asks for work: one long poll open whenever the runner wants more, none otherwise. Never ends by itself.
import type { Client } from "../../src/client/index.ts";
import { createBackoff, isRefusal } from "./backoff.ts";
import type { Board } from "./board.ts";
import type { Capacity } from "./capacity.ts";
import { type Log, messageOf } from "./log.ts";

const LONGEST_WAIT_SECONDS = 25;
/** Twice what the server holds a poll: past that the connection is dead without knowing it. */
const POLL_DEADLINE_MS = 2 * LONGEST_WAIT_SECONDS * 1000;
/** While slots are busy, how often to look whether one is about to come free. */
const LOOK_EVERY_MS = 500;

export interface LeaseLoopOptions {
  client: Client;
  board: Board;
  capacity: Capacity;
  leaseSeconds: number;
  log: Log;
  /** True while a result is about to be settled: that request brings the next lease along. */
  isSettleNear: () => boolean;
  onContact: () => void;
  onDrain: () => void;
  signal: AbortSignal;
}

export async function runLeaseLoop({
  client,
  board,
  capacity,
  leaseSeconds,
  log,
  isSettleNear,
  onContact,
  onDrain,
  signal,
}: LeaseLoopOptions): Promise<void> {
  const backoff = createBackoff();
  // A lease is believed in from when it was asked for, so the wait must leave most of it: a short lease is asked for with
  // short waits, or every job that ends a long one would come with a lease that looks run out.
  const waitSeconds = Math.min(LONGEST_WAIT_SECONDS, leaseSeconds / 2);
  while (!signal.aborted) {
    const wanted = capacity.wanted();
    if (wanted <= 0 || isSettleNear()) {
      await board.wantBell.wait(LOOK_EVERY_MS, signal);
      continue;
    }
    const requestedAt = performance.now();
    try {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(POLL_DEADLINE_MS)]);
      const answer = await capacity.asking(wanted, client.leases.acquire(capacity.acquireInput(wanted, waitSeconds), { signal: deadline }));
      backoff.reset();
      onContact();
      for (const lease of answer.leases) board.add(lease, requestedAt);
      if (answer.drain) onDrain();
      // A server that answers "nothing" at once must not be asked in a tight loop.
      if (answer.leases.length === 0 && performance.now() - requestedAt < LOOK_EVERY_MS) await board.wantBell.wait(LOOK_EVERY_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (isRefusal(error))
        log.error("the API refuses this runner's key: set MILLRACE_TOKEN to a key with the scope 'runner'", { reason: messageOf(error) });
      else log.warn("no answer to the request for work, trying again", { reason: messageOf(error) });
      await backoff.wait(error, signal);
    }
  }
}
