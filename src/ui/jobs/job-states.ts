// What a job's state lets people do, and which state each event leads to.
import type { Job, JobState } from "../../contract/job.ts";

export const JOB_STATE_LIST = [
  "scheduled",
  "queued",
  "running",
  "completed",
  "failed",
  "cancelled",
  "blocked",
] as const satisfies readonly JobState[];

export const stateLabel = (state: JobState): string => state.charAt(0).toUpperCase() + state.slice(1);

const TERMINAL: readonly JobState[] = ["completed", "failed", "cancelled"];

export const isTerminal = (state: JobState): boolean => TERMINAL.includes(state);
export const isWaiting = (state: JobState): boolean => state === "scheduled" || state === "queued" || state === "blocked";
export const canCancel = (job: Job): boolean => !isTerminal(job.state) && job.cancelRequestedAt === null;
export const canRetry = (job: Job): boolean => job.state === "failed" || job.state === "cancelled";
export const canPromote = (job: Job): boolean => job.state === "scheduled";

/** Used where an event does not carry the state itself. */
export const JOB_STATES_AFTER: Readonly<Record<string, JobState | undefined>> = {
  "job.enqueued": "queued",
  "job.started": "running",
  "job.progress": "running",
  "job.completed": "completed",
  "job.failed": "failed",
  "job.cancelled": "cancelled",
  "job.retrying": "scheduled",
};
