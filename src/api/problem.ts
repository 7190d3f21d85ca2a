// The one place where errors become answers: RFC 9457 problem details. What we did not foresee is logged and never shown.
import type { Context } from "hono";
import type { z } from "zod";
import { type FieldError, PROBLEMS, type Problem, type ProblemCode } from "../contract/problem.ts";
import { NOT_IMPLEMENTED } from "../contract/unbuilt.ts";
import { ProblemError } from "../core/problem-error.ts";
import type { Logger } from "../ports/logger.ts";
import type { ApiEnv } from "./services.ts";

export function problemResponse(c: Context<ApiEnv>, error: ProblemError): Response {
  const { status, title } = PROBLEMS[error.code];
  const body: Problem = {
    type: `/api/docs#problem-${error.code}`,
    title,
    status,
    detail: error.message,
    instance: c.req.path,
    code: error.code,
    requestId: c.get("requestId"),
    ...(error.errors ? { errors: error.errors } : {}),
  };
  const headers: Record<string, string> = { "content-type": "application/problem+json; charset=utf-8", "cache-control": "no-store" };
  if (error.retryAfterSeconds !== undefined) headers["retry-after"] = String(Math.ceil(error.retryAfterSeconds));
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="millrace"';
  return c.body(JSON.stringify(body), status, headers);
}

/** The error handler of the app. */
export function toProblem(c: Context<ApiEnv>, error: unknown, logger: Logger): Response {
  if (error instanceof ProblemError) return problemResponse(c, error);
  const requestId = c.get("requestId");
  logger.error("a request failed", {
    requestId,
    method: c.req.method,
    path: c.req.path,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  return problemResponse(c, new ProblemError("internal", `Something failed on our side. It is logged under request ${requestId}.`));
}

/** Every field error of failed parses at once. `not_implemented` where that is all that is wrong. */
export function invalid(failures: readonly z.ZodError[]): ProblemError {
  const issues = failures.flatMap((failure) => failure.issues);
  const unbuilt = issues.filter((issue) => issue.code === "custom" && issue.params?.["problem"] === NOT_IMPLEMENTED);
  const code: ProblemCode = unbuilt.length === issues.length ? "not_implemented" : "invalid";
  const errors = issues.flatMap(fieldErrors).slice(0, 1000);
  const summary =
    errors.length === 1
      ? `${errors[0]?.path || "The request"}: ${errors[0]?.message}`
      : `${errors.length} fields are not valid; see errors.`;
  return new ProblemError(code, summary, { errors });
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: pathOf([...issue.path, key]), message: "there is no such field" }));
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // The alternative that came closest says best what to mend.
    const closest = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
    return closest.flatMap((inner) => fieldErrors({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  return [{ path: pathOf(issue.path), message: issue.message }];
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
    "",
  );
}
