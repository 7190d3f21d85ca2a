// The queue consumers: lease ready jobs of the push queues, run their handlers side by side, settle in batches.
//
// One loop leases (this file), one keeps the leases alive (heartbeat.ts). Each attempt ends in exactly one settle; where
// that cannot be delivered, the lease runs out and the sweep gives the job its next attempt.

import { createBell } from "../core/bell.ts";
import { coalesce } from "../core/coalesce.ts";
import type { EnginePorts } from "../core/context.ts";
import { rootMessage } from "../core/database-error.ts";
import { acquireForConsumers, type ConsumerLease, settleForConsumers } from "../core/lease/consume.ts";
import type { InternalSettleItem } from "../core/lease/settle.ts";
import type { Outbound } from "../ports/outbound.ts";
import type { Handler } from "./handler.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { type Attempt, runAttempt } from "./run-attempt.ts";

export type ConsumerOptions = {
  handlers: ReadonlyMap<string, Handler>;
  outbound: Outbound;
  /** Attempts at the same time. */
  concurrency: number;
};

const LEASE_SECONDS = 15; // several heartbeats long, and what a crash of this process costs
const SAFETY_LOOK_MILLISECONDS = 5_000;
const RETRY_MILLISECONDS = 1_000;
const SETTLE_TRIES = 5;

export type Consumers = {
  /** Takes no more work and resolves when the attempts that run have ended. */
  stop(): Promise<void>;
  /** Attempts that run now. */
  running(): number;
};

export function startConsumers(ports: EnginePorts, options: ConsumerOptions): Consumers {
  const bell = createBell(ports.clock);
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
  const unlisten = ports.notifier.listen("*", "*", () => bell.ring());
  const stopHeartbeat = startHeartbeat(ports, attempts, LEASE_SECONDS);
  let stopped = false;

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
      bell.ring();
    }
  }

  async function loop(): Promise<void> {
    while (!stopped) {
      const free = options.concurrency - attempts.size;
      const leases = free > 0 ? await acquireQuietly(ports, free) : [];
      for (const lease of leases) void run(lease);
      if (leases.length < free || free === 0) await bell.wait(SAFETY_LOOK_MILLISECONDS);
    }
    while (attempts.size > 0) await bell.wait(SAFETY_LOOK_MILLISECONDS);
    stopHeartbeat();
  }

  const ended = loop();
  return {
    running: () => attempts.size,
    stop() {
      stopped = true;
      unlisten();
      bell.ring();
      return ended;
    },
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
