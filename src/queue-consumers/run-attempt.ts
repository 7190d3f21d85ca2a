// Runs one attempt: finds the handler, bounds its time, and turns whatever happens into a settle item.
import type { EnginePorts } from "../core/context.ts";
import type { ConsumerLease } from "../core/lease/consume.ts";
import type { InternalSettleItem } from "../core/lease/settle.ts";
import type { Outbound } from "../ports/outbound.ts";
import type { Handler, HandlerOutcome } from "./handler.ts";

export type Attempt = {
  lease: ConsumerLease;
  controller: AbortController;
  /** The lease is no longer ours: write nothing more. */
  isLost: boolean;
};

export const TIMED_OUT = "timeout";
/** This process ends: the attempt is given back, and runs again elsewhere. */
export const SHUT_DOWN = "shutdown";

type Tools = { ports: EnginePorts; handlers: ReadonlyMap<string, Handler>; outbound: Outbound };

export async function runAttempt({ lease, controller }: Attempt, { ports, handlers, outbound }: Tools): Promise<InternalSettleItem> {
  const { job, leaseToken } = lease;
  const handler = handlers.get(job.kind);
  // Cannot happen while acquire asks for the handlers' kinds only; if it does, the job goes back unharmed.
  if (!handler) return { leaseToken, outcome: "released" };
  const over = new AbortController();
  const timer = ports.clock.sleep(job.timeoutSeconds * 1000, over.signal).then(() => {
    if (!over.signal.aborted) controller.abort(TIMED_OUT);
  });
  try {
    const outcome = await handler(job, { signal: controller.signal, outbound, now: () => ports.clock.now() });
    if (outcome.outcome === "failed" && controller.signal.reason === SHUT_DOWN) return { leaseToken, outcome: "released" };
    return toItem(leaseToken, outcome);
  } catch (error) {
    if (controller.signal.reason === SHUT_DOWN) return { leaseToken, outcome: "released" };
    return { leaseToken, outcome: "failed", error: describe(error, controller.signal, job.timeoutSeconds) };
  } finally {
    over.abort();
    await timer;
  }
}

function toItem(leaseToken: string, outcome: HandlerOutcome): InternalSettleItem {
  if (outcome.outcome === "completed") return { leaseToken, outcome: "completed", result: outcome.result };
  return { leaseToken, outcome: "failed", error: outcome.error, retryAfterSeconds: outcome.retryAfterSeconds };
}

function describe(error: unknown, signal: AbortSignal, timeoutSeconds: number) {
  if (signal.aborted && signal.reason === TIMED_OUT) {
    return { code: "timeout", message: `The attempt ran longer than ${timeoutSeconds} s.`, retryable: true };
  }
  return { code: "handler_error", message: (error instanceof Error ? error.message : String(error)).slice(0, 2_000), retryable: true };
}
