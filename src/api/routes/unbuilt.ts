// What the contract names and this release does not have yet: answered so, never with a bare 404.
import { ProblemError } from "../../core/problem-error.ts";
import { operation } from "../operation.ts";

const PATHS = [
  ["post", "/api/v1/schedules", "Schedules"],
  ["get", "/api/v1/schedules", "Schedules"],
  ["post", "/api/v1/schedules/preview", "Schedules"],
  ["post", "/api/v1/flows", "Flows"],
  ["get", "/api/v1/flows", "Flows"],
] as const;

export const unbuiltOperations = PATHS.map(([method, path, tag]) =>
  operation({
    method,
    path,
    tag,
    summary: "Not built yet",
    idempotency: "none",
    problems: ["not_implemented"],
    responses: {},
    handle: () => Promise.reject(new ProblemError("not_implemented", `${tag} are not built yet.`)),
  }),
);
