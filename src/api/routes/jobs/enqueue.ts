// POST /api/v1/jobs and /api/v1/jobs/batch.
import { Job, JobBatchInput, JobBatchResult, JobInput } from "../../../contract/job.ts";
import { isTerminal } from "../../../core/states.ts";
import type { Exchange } from "../../exchange.ts";
import { hashRequest, idempotencyKey } from "../../idempotency.ts";
import { operation } from "../../operation.ts";

const MAX_WAIT_SECONDS = 60;

export const enqueueJob = operation({
  method: "post",
  path: "/api/v1/jobs",
  tag: "Jobs",
  scopes: ["submit"],
  summary: "Enqueue a job",
  description:
    "Answers 201 and the new job, or 200 and the existing one where `uniqueKey` is held by an unfinished job. With `Prefer: wait=N` the answer comes when the job is over, or after N seconds with 202.",
  body: JobInput,
  headers: {
    prefer: "`wait=N` (at most 60): answer when the job is over, or after N seconds.",
    traceparent: "W3C trace context, carried to the job.",
  },
  idempotency: "own",
  problems: ["not_implemented", "idempotency_mismatch", "idempotency_in_progress"],
  responses: {
    200: { description: "The unfinished job that holds the unique key; or, with `Prefer: wait`, the finished job.", schema: Job },
    201: { description: "The new job.", schema: Job, headers: { location: "The job's path." } },
    202: { description: "With `Prefer: wait`: not over yet.", schema: Job },
  },
  async handle({ c, services, identity }, { body, text }) {
    const { job, created, replayed } = await services.engine.enqueueJob(identity, { job: body, ...(await requestFacts(c.req.raw, text)) });
    const headers: Record<string, string> = { location: `/api/v1/jobs/${job.id}` };
    if (replayed) headers["idempotency-replayed"] = "true";
    const seconds = preferredWait(c.req.raw);
    if (seconds === null) return c.json(job, created ? 201 : 200, headers);
    const finished = await services.engine.waitForJob({ ...identity, scopes: [...identity.scopes, "read"] }, { id: job.id, seconds });
    return c.json(finished, isTerminal(finished.state) ? 200 : 202, { ...headers, "preference-applied": `wait=${seconds}` });
  },
});

export const enqueueBatch = operation({
  method: "post",
  path: "/api/v1/jobs/batch",
  tag: "Jobs",
  scopes: ["submit"],
  summary: "Enqueue up to 10,000 jobs",
  description: "All or nothing; the answer's items are in the order of the request's.",
  body: JobBatchInput,
  headers: { traceparent: "W3C trace context, carried to the jobs." },
  idempotency: "own",
  problems: ["not_implemented", "idempotency_mismatch", "idempotency_in_progress"],
  responses: { 201: { description: "The jobs' ids; `created: false` where a unique key was taken.", schema: JobBatchResult } },
  async handle({ c, services, identity }, { body, text }) {
    const { items, replayed } = await services.engine.enqueueBatch(identity, { batch: body, ...(await requestFacts(c.req.raw, text)) });
    return c.json({ items }, 201, replayed ? { "idempotency-replayed": "true" } : {});
  },
});

/** The trace context and idempotency key of an enqueue, as the engine takes them. */
export async function requestFacts(request: Exchange["c"]["req"]["raw"], body: string) {
  const traceparent = request.headers.get("traceparent") ?? "";
  const key = idempotencyKey(request);
  return {
    traceparent: /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent) ? traceparent : undefined,
    idempotency: key === null ? undefined : { key, requestHash: await hashRequest(request, body) },
  };
}

/** Seconds of `Prefer: wait=N` (RFC 7240 §4.3), at most 60; null without it. */
function preferredWait(request: Request): number | null {
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})/i.exec(request.headers.get("prefer") ?? "")?.[1];
  return seconds === undefined ? null : Math.min(Number(seconds), MAX_WAIT_SECONDS);
}
