// GET and PUT /api/v1/jobs/{id}/result.
import { JobResult, ResultEdit } from "../../../contract/job.ts";
import { operation } from "../../operation.ts";
import { JobParams } from "./read.ts";

export const getResult = operation({
  method: "get",
  path: "/api/v1/jobs/{id}/result",
  tag: "Jobs",
  scopes: ["read", "submit"],
  summary: "Read a job's result and its earlier versions",
  params: JobParams,
  problems: ["not_found", "conflict"],
  responses: { 200: { description: "The result.", schema: JobResult } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.getResult(identity, params)),
});

export const putResult = operation({
  method: "put",
  path: "/api/v1/jobs/{id}/result",
  tag: "Jobs",
  scopes: ["submit"],
  summary: "Edit a completed job's result",
  description: "The version before is kept.",
  params: JobParams,
  body: ResultEdit,
  problems: ["not_found", "conflict"],
  responses: { 200: { description: "The result as it is now.", schema: JobResult } },
  handle: async ({ c, services, identity }, { params, body }) => c.json(await services.engine.editResult(identity, { ...params, ...body })),
});
