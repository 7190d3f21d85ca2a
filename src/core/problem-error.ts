// The one error that core throws on purpose: a code of the closed list, with words for the person who reads it.
import type { FieldError, ProblemCode } from "../contract/problem.ts";

export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly errors: FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, detail: string, extra: { errors?: FieldError[]; retryAfterSeconds?: number } = {}) {
    super(detail);
    this.name = "ProblemError";
    this.code = code;
    this.errors = extra.errors;
    this.retryAfterSeconds = extra.retryAfterSeconds;
  }
}

/** The same answer for what never existed and for what belongs to somebody else. */
export function notFound(what: string, id: string): ProblemError {
  return new ProblemError("not_found", `There is no ${what} '${id}' in this workspace.`);
}
