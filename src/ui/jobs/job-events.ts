// What a live event changes about a job, so that rows move without asking the server again.
import type { Event } from "../../contract/event.ts";
import type { Job, JobError, JobState, Progress } from "../../contract/job.ts";
import { isTerminal, JOB_STATES_AFTER } from "./job-states.ts";

/** The state a job is in after this event, or null if the event does not say. */
export function stateAfter(event: Event): JobState | null {
  const said = event.data.state;
  return typeof said === "string" ? (said as JobState) : (JOB_STATES_AFTER[event.type] ?? null);
}

/** The job as it is after the event. The very same object where nothing changed. */
export function applyEvent(job: Job, event: Event): Job {
  if (event.type === "job.log") return job;
  const next: Job = { ...job };
  const progress = event.data.progress as Partial<Progress> | undefined;
  if (progress && typeof progress === "object") next.progress = { ...job.progress, ...progress };
  if (event.type === "job.progress") return isTerminal(job.state) ? job : { ...next, state: "running" };

  const state = stateAfter(event);
  if (state === null) return next;
  next.state = state;
  if (event.type === "job.started") {
    next.startedAt = event.at;
    next.finishedAt = null;
    next.error = null;
    next.attempt = numberOr(event.data.attempt, job.attempt + (job.state === "running" ? 0 : 1));
    if (typeof event.data.runnerId === "string") next.runnerId = event.data.runnerId;
  }
  if (isTerminal(state)) {
    next.finishedAt = event.at;
    next.cancelRequestedAt = null;
    if (state === "completed") next.progress = { ...next.progress, fraction: 1 };
  } else if (state === "queued" || state === "scheduled") {
    next.finishedAt = null;
  }
  if (event.data.error !== undefined) next.error = event.data.error as JobError | null;
  if (typeof event.data.retryInSeconds === "number")
    next.runAt = new Date(Date.parse(event.at) + event.data.retryInSeconds * 1000).toISOString();
  return event.data.retried === true ? asRetried(next) : next;
}

/** Redriven by hand: everything about the attempts before is forgotten. */
function asRetried(job: Job): Job {
  return {
    ...job,
    attempt: 0,
    error: null,
    startedAt: null,
    finishedAt: null,
    cancelRequestedAt: null,
    progress: { fraction: 0, message: null },
  };
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
