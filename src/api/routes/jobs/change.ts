// POST /api/v1/jobs/{id}/cancel, /retry and /promote.
import { Job } from "../../../contract/job.ts";
import { operation } from "../../operation.ts";
import { JobParams } from "./read.ts";

export const cancelJob = operation({
  method: "post",
  path: "/api/v1/jobs/{id}/cancel",
  tag: "Jobs",
  scopes: ["submit"],
  summary: "Cancel a job",
  description:
    "A waiting job is cancelled at once. A running one has `cancelRequestedAt` set and its runner is told at the next heartbeat.",
  params: JobParams,
  problems: ["not_found", "conflict"],
  responses: { 200: { description: "The job.", schema: Job } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.cancelJob(identity, params)),
});

export const retryJob = operation({
  method: "post",
  path: "/api/v1/jobs/{id}/retry",
  tag: "Jobs",
  scopes: ["submit"],
  summary: "Retry a failed or cancelled job",
  description: "Back to `queued` with its attempts reset; earlier attempts stay in its history.",
  params: JobParams,
  problems: ["not_found", "conflict"],
  responses: { 200: { description: "The job.", schema: Job } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.retryJob(identity, params)),
});

export const promoteJob = operation({
  method: "post",
  path: "/api/v1/jobs/{id}/promote",
  tag: "Jobs",
  scopes: ["submit"],
  summary: "Run a scheduled job now",
  params: JobParams,
  problems: ["not_found", "conflict"],
  responses: { 200: { description: "The job.", schema: Job } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.promoteJob(identity, params)),
});
