// The two ways a call fails: the API answered with a problem, or it could not be reached.
import type { FieldError, Problem, ProblemCode } from "../contract/problem.ts";

/** The API answered, and the answer is not 2xx. */
export class ApiError extends Error {
  readonly status: number;
  /** The parsed problem; null where something between us and the API answered in its own words. */
  readonly problem: Problem | null;
  readonly retryAfterSeconds: number | undefined;

  constructor(answer: { status: number; problem: Problem | null; detail: string; retryAfterSeconds?: number | undefined }) {
    super(answer.detail);
    this.name = "ApiError";
    this.status = answer.status;
    this.problem = answer.problem;
    this.retryAfterSeconds = answer.retryAfterSeconds;
  }

  get code(): ProblemCode | null {
    return this.problem?.code ?? null;
  }

  get errors(): FieldError[] {
    return this.problem?.errors ?? [];
  }

  /** True where the same request may succeed later: 408, 425, 429 and every 5xx. */
  get isTemporary(): boolean {
    return this.status >= 500 || this.status === 408 || this.status === 425 || this.status === 429;
  }
}

/** No answer: connection refused or cut, name not found, TLS. `cause` has the platform's reason. */
export class NetworkError extends Error {
  constructor(url: string, cause: unknown) {
    super(`Millrace could not be reached at ${url}: ${reasonOf(cause)}`, { cause });
    this.name = "NetworkError";
  }
}

// Node's fetch says only "fetch failed" and hides ECONNREFUSED and the like in the cause.
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner: unknown = cause.cause;
  return inner instanceof Error && inner.message ? inner.message : cause.message;
}

/** Seconds in a Retry-After header, given as a number or as a date (RFC 9110 §10.2.3). */
export function parseRetryAfter(value: string | null): number | undefined {
  if (value === null || value.trim() === "") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}
