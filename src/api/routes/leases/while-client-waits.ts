// A runner that dies in its long poll must not be handed jobs: they would wait for their leases to run out. When its
// connection closes, the wait is given up, and what was leased at that very moment goes back at once.
import type { Lease } from "../../../contract/lease.ts";
import type { Exchange } from "../../exchange.ts";

/** Runs `ask` with the id of its poll. What it leased is released where nobody is there to take it. */
export async function whileClientWaits<Result extends { leases?: Lease[] | undefined }>(
  { c, services, identity }: Exchange,
  { runnerId, ask }: { runnerId: string; ask: (pollId: string) => Promise<Result> },
): Promise<Result> {
  const { engine, logger } = services;
  const { signal } = c.req.raw;
  const pollId = crypto.randomUUID();
  const abandon = () => void engine.abandonPoll(identity, { pollId }).catch(() => {});

  async function releaseUnlessTaken({ leases = [] }: Result): Promise<void> {
    if (!signal.aborted || leases.length === 0) return;
    const items = leases.map(({ leaseToken }) => ({ leaseToken, outcome: "released" as const }));
    await engine.settleLeases(identity, { runnerId, items });
    logger.info("jobs leased for a runner that had gone went back", { runnerId, jobs: leases.length });
  }

  signal.addEventListener("abort", abandon, { once: true });
  const answered = ask(pollId).finally(() => signal.removeEventListener("abort", abandon));
  // Keeps this alive after the client has gone: else the answer would come to nobody.
  c.executionCtx.waitUntil(answered.then(releaseUnlessTaken).catch(() => {}));
  return answered;
}
