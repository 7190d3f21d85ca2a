// The runner protocol: POST /api/v1/leases, /leases/heartbeat and /leases/settle.
import { AcquireInput, AcquireResult, HeartbeatInput, HeartbeatResult, SettleInput, SettleResult } from "../../../contract/lease.ts";
import { operation } from "../../operation.ts";
import { answerPoll } from "./long-poll.ts";

export const acquireLeases = operation({
  method: "post",
  path: "/api/v1/leases",
  tag: "Leases",
  scopes: ["runner"],
  summary: "Lease jobs",
  description:
    "Hands out ready jobs by priority, then age; with `waitSeconds`, holds the request until there are any: the answer then begins with white space, which JSON allows.",
  body: AcquireInput,
  idempotency: "none",
  responses: { 200: { description: "The leases; empty where the wait ran out.", schema: AcquireResult } },
  async handle(exchange, { body }) {
    const { services, identity } = exchange;
    const ask = (pollId: string) => services.engine.acquireLeases(identity, { ...body, pollId });
    return answerPoll(exchange, { ...body, ask, whenBroken: { leases: [], drain: false } });
  },
});

export const heartbeatLeases = operation({
  method: "post",
  path: "/api/v1/leases/heartbeat",
  tag: "Leases",
  scopes: ["runner"],
  summary: "Keep leases alive, send progress and logs",
  description: "One request for all of a runner's leases. A token that is stale changes nothing and comes back in `lost`.",
  body: HeartbeatInput,
  idempotency: "none",
  responses: { 200: { description: "What became of each lease.", schema: HeartbeatResult } },
  handle: async ({ c, services, identity }, { body }) => c.json(await services.engine.heartbeatLeases(identity, body)),
});

export const settleLeases = operation({
  method: "post",
  path: "/api/v1/leases/settle",
  tag: "Leases",
  scopes: ["runner"],
  summary: "End leases with their outcomes",
  description:
    "Settling again with the same token and outcome answers `ok` again. With `acquire`, the next batch comes in the same answer.",
  body: SettleInput,
  idempotency: "none",
  responses: { 200: { description: "One item a lease, in order.", schema: SettleResult } },
  async handle(exchange, { body }) {
    const { services, identity } = exchange;
    const { runnerId, waitSeconds } = body.acquire ?? { runnerId: body.runnerId, waitSeconds: 0 };
    const ask = (pollId: string) => services.engine.settleLeases(identity, { ...body, pollId });
    return answerPoll(exchange, { runnerId, waitSeconds, ask });
  },
});
