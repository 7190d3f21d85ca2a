// Runners: who they are, and draining them.
import { z } from "zod";
import { PageQuery } from "../../../contract/page.ts";
import { Runner, RunnerPage } from "../../../contract/runner.ts";
import { operation } from "../../operation.ts";

const RunnerParams = z.object({
  id: z.string().meta({ description: "The runner's id.", example: "run_01kaj7zqv5fd8tqb5x1v2m3n4p" }),
});

export const listRunners = operation({
  method: "get",
  path: "/api/v1/runners",
  tag: "Runners",
  scopes: ["read", "submit"],
  summary: "List runners",
  query: PageQuery,
  problems: ["invalid_cursor"],
  responses: { 200: { description: "A page of runners, by id.", schema: RunnerPage } },
  handle: async ({ c, services, identity }, { query }) => c.json(await services.engine.listRunners(identity, query)),
});

export const getRunner = operation({
  method: "get",
  path: "/api/v1/runners/{id}",
  tag: "Runners",
  scopes: ["read", "submit"],
  summary: "Read a runner",
  params: RunnerParams,
  problems: ["not_found"],
  responses: { 200: { description: "The runner.", schema: Runner } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.getRunner(identity, params)),
});

export const drainRunner = operation({
  method: "post",
  path: "/api/v1/runners/{id}/drain",
  tag: "Runners",
  scopes: [],
  summary: "Let a runner finish what it has and exit",
  params: RunnerParams,
  problems: ["not_found"],
  responses: { 200: { description: "The runner.", schema: Runner } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.drainRunner(identity, params)),
});
