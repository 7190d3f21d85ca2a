// GET /api/v1/jobs, /jobs/{id} and what hangs off a job.
import { z } from "zod";
import { ArtifactList, AttemptList, Explanation, Job, JobListQuery, JobPage, LogPage, LogQuery } from "../../../contract/job.ts";
import { operation } from "../../operation.ts";

export const JobParams = z.object({ id: z.string().meta({ description: "The job's id.", example: "job_01kaj7zqv5fd8tqb5x1v2m3n4p" }) });

export const listJobs = operation({
  method: "get",
  path: "/api/v1/jobs",
  tag: "Jobs",
  scopes: ["read", "submit"],
  summary: "List jobs, newest first",
  query: JobListQuery,
  problems: ["invalid_cursor", "not_implemented"],
  responses: { 200: { description: "A page of jobs.", schema: JobPage } },
  handle: async ({ c, services, identity }, { query }) => c.json(await services.engine.listJobs(identity, query)),
});

export const getJob = operation({
  method: "get",
  path: "/api/v1/jobs/{id}",
  tag: "Jobs",
  scopes: ["read", "submit", "runner"],
  summary: "Read a job",
  params: JobParams,
  problems: ["not_found"],
  responses: { 200: { description: "The job.", schema: Job } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.getJob(identity, params)),
});

export const listAttempts = operation({
  method: "get",
  path: "/api/v1/jobs/{id}/attempts",
  tag: "Jobs",
  scopes: ["read", "submit", "runner"],
  summary: "List a job's attempts",
  params: JobParams,
  problems: ["not_found"],
  responses: { 200: { description: "Every execution so far, oldest first.", schema: AttemptList } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.listAttempts(identity, params)),
});

export const listLogs = operation({
  method: "get",
  path: "/api/v1/jobs/{id}/logs",
  tag: "Jobs",
  scopes: ["read", "submit", "runner"],
  summary: "Read a job's log",
  params: JobParams,
  query: LogQuery,
  problems: ["not_found"],
  responses: { 200: { description: "Lines after `after`, in order.", schema: LogPage } },
  handle: async ({ c, services, identity }, { params, query }) => c.json(await services.engine.listLogs(identity, { ...params, ...query })),
});

export const listArtifacts = operation({
  method: "get",
  path: "/api/v1/jobs/{id}/artifacts",
  tag: "Jobs",
  scopes: ["read", "submit", "runner"],
  summary: "List the files a job made",
  params: JobParams,
  problems: ["not_found"],
  responses: { 200: { description: "The artifacts; download one at /api/v1/uploads/{uploadId}/content.", schema: ArtifactList } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.listArtifacts(identity, params)),
});

export const explainJob = operation({
  method: "get",
  path: "/api/v1/jobs/{id}/explain",
  tag: "Jobs",
  scopes: ["read", "submit"],
  summary: "Why is this job not running?",
  params: JobParams,
  problems: ["not_found"],
  responses: { 200: { description: "What the job waits for; empty where nothing keeps it.", schema: Explanation } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.explainJob(identity, params)),
});
