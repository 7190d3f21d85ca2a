// The attempts that one consumer has under way: leases them, runs their handlers side by side, settles in batches.
//
// Each attempt ends in exactly one settle; where that cannot be delivered, the lease runs out and the sweep gives the
// job its next attempt. One loop keeps the leases alive (heartbeat.ts); when to take more is the caller's business.

import { coalesce } from "../core/coalesce.ts";
import type { EnginePorts } from "../core/context.ts";
import { rootMessage } from "../core/database-error.ts";
import { acquireForConsumers, type ConsumerLease, settleForConsumers } from "../core/lease/consume.ts";
import type { InternalSettleItem } from "../core/lease/settle.ts";
import type { Outbound } from "../ports/outbound.ts";
import type { Handler } from "./handler.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { type Attempt, runAttempt, SHUT_DOWN } from "./run-attempt.ts";

export type ConsumerOptions = {
  handlers: ReadonlyMap<string, Handler>;
  outbound: Outbound;
  /** Attempts at the same time. */
  concurrency: number;
};

export type Workbench = {
  /** Leases as many ready jobs as there is room for and starts them. */
  fill(): Promise<{ room: number; taken: number }>;
  /** Attempts that run now. */
  running(): number;
  /** Breaks off what runs and gives it back. */
  release(): void;
  /** Ends the heartbeat, once nothing runs any more. */
  close(): void;
};

const LEASE_SECONDS = 15; // several heartbeats long, and what a crash of this process costs
const RETRY_MILLISECONDS = 1_000;
const SETTLE_TRIES = 5;

/** `onEnd` is called after each attempt. */
export function openWorkbench(ports: EnginePorts, options: ConsumerOptions, onEnd: () => void): Workbench {
  const attempts = new Map<string, Attempt>();
  const settle = coalesce<InternalSettleItem & { workspaceId: number }, undefined>({
    run: async (items) => {
      await settleWithRetries(ports, items);
      return items.map(() => undefined);
    },
    maxBatch: 200,
    slots: 1,
    isolates: () => false,
  });

  async function run(lease: ConsumerLease): Promise<void> {
    const attempt: Attempt = { lease, controller: new AbortController(), isLost: false };
    attempts.set(lease.leaseToken, attempt);
    try {
      const item = await runAttempt(attempt, { ports, ...options });
      if (!attempt.isLost) await settle({ workspaceId: lease.workspaceId, ...item });
    } catch (error) {
      ports.logger.error("an attempt could not be settled; its lease will run out", { jobId: lease.job.id, error: rootMessage(error) });
    } finally {
      attempts.delete(lease.leaseToken);
      onEnd();
    }
  }

  return {
    async fill() {
      const room = options.concurrency - attempts.size;
      const leases = room > 0 ? await acquireQuietly(ports, room) : [];
      for (const lease of leases) void run(lease);
      return { room, taken: leases.length };
    },
    running: () => attempts.size,
    release() {
      for (const { controller } of attempts.values()) controller.abort(SHUT_DOWN);
    },
    close: startHeartbeat(ports, attempts, LEASE_SECONDS),
  };
}

async function acquireQuietly(ports: EnginePorts, max: number): Promise<ConsumerLease[]> {
  try {
    return await acquireForConsumers(ports, { max, leaseSeconds: LEASE_SECONDS });
  } catch (error) {
    ports.logger.warn("the consumers could not lease", { error: rootMessage(error) });
    await ports.clock.sleep(RETRY_MILLISECONDS);
    return [];
  }
}

/** Settling twice is answered like once, so a lost answer may be asked for again. */
async function settleWithRetries(ports: EnginePorts, items: (InternalSettleItem & { workspaceId: number })[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await settleForConsumers(ports, items);
      return;
    } catch (error) {
      if (attempt >= SETTLE_TRIES) throw error;
      await ports.clock.sleep(RETRY_MILLISECONDS * attempt);
    }
  }
}
