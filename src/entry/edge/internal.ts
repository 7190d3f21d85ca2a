// The paths that QStash calls: one makes the queue consumers visit, one sweeps. Both only make somebody look at the rows,
// so a message that comes twice, late or out of order changes nothing that was not due.
import { judgeDelivery } from "../../adapters/edge/delivery.ts";
import { SWEEP_PATH } from "../../adapters/edge/due-time.ts";
import { createFetchOutbound } from "../../adapters/edge/outbound.ts";
import { rootMessage } from "../../core/database-error.ts";
import { tick } from "../../cron/tick.ts";
import type { Outbound } from "../../ports/outbound.ts";
import { createAddressPolicy } from "../../queue-consumers/address-policy.ts";
import { consumeOnce } from "../../queue-consumers/consume-once.ts";
import { createHandlers } from "../../queue-consumers/handlers/index.ts";
import type { EdgeParts } from "./parts.ts";
import type { EdgeSettings } from "./settings.ts";

const QUEUE_PATH = /^\/internal\/queues\/([a-z0-9][a-z0-9._-]{0,62})$/;

export type InternalOptions = { settings: EdgeSettings; open: () => EdgeParts; outbound?: Outbound };

/** Answers a message; null for a path that is none of ours. */
export async function answerInternal(request: Request, { settings, open, outbound }: InternalOptions): Promise<Response | null> {
  const { pathname } = new URL(request.url);
  const queue = QUEUE_PATH.exec(pathname)?.[1];
  if (queue === undefined && pathname !== SWEEP_PATH) return null;
  if (request.method !== "POST") return Response.json({ error: "QStash POSTs here" }, { status: 405, headers: { allow: "POST" } });
  const parts = open();
  const url = new URL(pathname, settings.qstash.publicUrl).href;
  const delivery = await judgeDelivery(request, { keys: settings.signingKeys, redis: parts.redis, url });
  if (delivery === "forged") return Response.json({ error: "the signature is not QStash's" }, { status: 401 });
  if (delivery === "replayed") return Response.json({ error: "this delivery has come before" }, { status: 409 });
  try {
    if (queue === undefined) return Response.json(await tick(parts.ports, parts.due, parts.ports.clock.now()));
    return Response.json({ ran: await visit(parts, { settings, queue, outbound: outbound ?? createFetchOutbound() }) });
  } catch (error) {
    parts.ports.logger.error("a message was not worked off; QStash sends it again", { pathname, error: rootMessage(error) });
    return Response.json({ error: "try again" }, { status: 503, headers: { "retry-after": "5" } });
  }
}

type Visit = { settings: EdgeSettings; queue: string; outbound: Outbound };

async function visit({ ports, notifier }: EdgeParts, { settings, queue, outbound }: Visit): Promise<number> {
  await notifier.answerCall();
  return consumeOnce(ports, {
    ...settings.consumers,
    handlers: createHandlers(createAddressPolicy(settings.httpAllow)),
    outbound,
    handOver: () => void notifier.callConsumers(queue),
  });
}
