// What a handler of one kind is given, and what it answers. Expected outcomes are values; a throw is a failed attempt.
import type { Job, JobError } from "../contract/job.ts";
import type { Outbound } from "../ports/outbound.ts";

export type HandlerOutcome =
  | { outcome: "completed"; result: unknown }
  | { outcome: "failed"; error: JobError /** Wait at least so long before the next attempt. */; retryAfterSeconds?: number | undefined };

export type HandlerContext = {
  /** Aborts at the attempt's timeout, when the job is cancelled and when its lease is lost. */
  signal: AbortSignal;
  outbound: Outbound;
  /** Now in milliseconds, for reading dates in answers. */
  now(): number;
};

export type Handler = (job: Job, context: HandlerContext) => Promise<HandlerOutcome>;
