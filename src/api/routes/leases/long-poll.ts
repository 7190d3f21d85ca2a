// The answer to a request that waits for work. A runner that dies in its wait must not be handed jobs, which would then
// stand still until their leases run out.
//
// A server that only listens does not learn that its client has gone: the kernel says so when something is written. So
// an answer that takes long is begun at once, with white space (JSON allows it in front), and goes on with some now and
// then. Before the leases themselves are sent one more space is: by the next turn of the event loop a dead connection
// has shown (on the same machine; across a network, within one round trip), and what was leased for it is released.
import type { Lease } from "../../../contract/lease.ts";
import type { Exchange } from "../../exchange.ts";

/** An answer that comes sooner is sent plainly: under load every poll finds work at its first look. */
const QUIET_MILLISECONDS = 10;
const BEAT_MILLISECONDS = 2_000;

const encoder = new TextEncoder();
const SPACE = encoder.encode(" ");

type Leasing = { leases?: Lease[] | undefined };
type Poll<Result> = {
  runnerId: string;
  waitSeconds: number;
  /** Asks the engine; `pollId` names the wait, so that it can be given up. */
  ask: (pollId: string) => Promise<Result>;
  /** What to answer where the wait breaks off after the status was sent; without it, the answer breaks off too. */
  whenBroken?: Result;
};

export async function answerPoll<Result extends Leasing>(exchange: Exchange, poll: Poll<Result>): Promise<Response> {
  const { c, services } = exchange;
  const pollId = crypto.randomUUID();
  const answer = poll.ask(pollId);
  if (poll.waitSeconds === 0 || (await isQuick(answer, services.clock))) return c.json(await answer);

  let cancelled = false;
  const isGone = () => cancelled || c.req.raw.signal.aborted;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(SPACE);
      // Lives on when the client has gone, to give back what was leased for it.
      c.executionCtx.waitUntil(send(exchange, { ...poll, controller, answer, isGone }));
    },
    cancel() {
      cancelled = true;
      return services.engine.abandonPoll(exchange.identity, { pollId });
    },
  });
  return c.body(stream, 200, { "content-type": "application/json" });
}

async function isQuick(answer: Promise<unknown>, clock: Exchange["services"]["clock"]): Promise<boolean> {
  const over = new AbortController();
  const quick = answer.then(
    () => true,
    () => true,
  );
  const result = await Promise.race([quick, clock.sleep(QUIET_MILLISECONDS, over.signal).then(() => false)]);
  over.abort();
  return result;
}

type Sending<Result> = Poll<Result> & {
  controller: ReadableStreamDefaultController<Uint8Array>;
  answer: Promise<Result>;
  isGone: () => boolean;
};

async function send<Result extends Leasing>({ services, identity }: Exchange, sending: Sending<Result>): Promise<void> {
  const { controller, answer, isGone, runnerId, whenBroken } = sending;
  const { clock, engine, logger } = services;
  const answered = new AbortController();
  const beating = beat(sending, { clock, until: answered.signal });
  try {
    const result = await answer.finally(() => answered.abort());
    await beating;
    if (!isGone()) controller.enqueue(SPACE);
    await clock.sleep(0);
    if (!isGone()) {
      controller.enqueue(encoder.encode(JSON.stringify(result)));
      controller.close();
    } else if (result.leases && result.leases.length > 0) {
      const items = result.leases.map(({ leaseToken }) => ({ leaseToken, outcome: "released" as const }));
      await engine.settleLeases(identity, { runnerId, items });
      logger.info("jobs leased for a runner that had gone went back", { runnerId, jobs: items.length });
    }
  } catch (error) {
    logger.warn("a wait for work broke off", { runnerId, error: String(error) });
    if (isGone()) return;
    // The status is long sent: the runner asks again, and then it is told what is wrong.
    if (whenBroken === undefined) return controller.error(error);
    controller.enqueue(encoder.encode(JSON.stringify(whenBroken)));
    controller.close();
  }
}

async function beat<Result>(
  { controller, isGone }: Sending<Result>,
  { clock, until }: { clock: Exchange["services"]["clock"]; until: AbortSignal },
): Promise<void> {
  while (!until.aborted && !isGone()) {
    await clock.sleep(BEAT_MILLISECONDS, until);
    if (!until.aborted && !isGone()) controller.enqueue(SPACE);
  }
}
