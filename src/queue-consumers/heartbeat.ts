// Keeps the consumers' leases alive and stops the attempts that were cancelled or lost.

import { createBell } from "../core/bell.ts";
import type { EnginePorts } from "../core/context.ts";
import { rootMessage } from "../core/database-error.ts";
import { heartbeatForConsumers } from "../core/lease/consume.ts";
import type { Attempt } from "./run-attempt.ts";

// Much sooner than a third of the lease: it is also how soon a cancellation is heard.
const BEAT_MILLISECONDS = 2_000;

/** Returns the function that ends it. */
export function startHeartbeat(ports: EnginePorts, attempts: ReadonlyMap<string, Attempt>, leaseSeconds: number): () => void {
  const bell = createBell(ports.clock);
  let stopped = false;
  let failures = 0;

  async function beat(): Promise<void> {
    const held = [...attempts.values()].map(({ lease }) => lease);
    if (held.length === 0) return;
    const { cancelled, lost } = await heartbeatForConsumers(ports, held);
    for (const token of lost) {
      const attempt = attempts.get(token);
      if (attempt) attempt.isLost = true;
    }
    for (const token of [...cancelled, ...lost]) attempts.get(token)?.controller.abort("cancelled");
  }

  async function loop(): Promise<void> {
    while (!stopped) {
      await bell.wait(BEAT_MILLISECONDS);
      try {
        await beat();
        failures = 0;
      } catch (error) {
        failures += 1;
        const silentSeconds = (failures * BEAT_MILLISECONDS) / 1000;
        if (silentSeconds < leaseSeconds) ports.logger.warn("a consumer's heartbeat failed", { error: rootMessage(error), silentSeconds });
      }
    }
  }

  void loop();
  return () => {
    stopped = true;
    bell.ring();
  };
}
