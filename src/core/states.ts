// The one place that lists job states and the legal transitions between them. Queries enforce them row by row; this
// table is what they are written from, what the tests check them against, and what predicates are derived from.
import type { JobState } from "../contract/job.ts";

/** From each state, the states a job may go to and what takes it there. */
export const TRANSITIONS = {
  scheduled: { queued: "promoted when due, or by hand", cancelled: "cancel", failed: "time to live ran out" },
  queued: { running: "leased", cancelled: "cancel", failed: "time to live ran out" },
  running: {
    completed: "settled",
    failed: "settled for good, or no attempt left",
    cancelled: "cancelled while running",
    scheduled: "attempt failed, waits for the next",
    queued: "released by its runner",
  },
  blocked: { queued: "parents completed", cancelled: "cancel", failed: "time to live ran out" },
  completed: {},
  failed: { queued: "retried by hand" },
  cancelled: { queued: "retried by hand" },
} as const satisfies Record<JobState, Partial<Record<JobState, string>>>;

const TERMINAL = new Set<JobState>(["completed", "failed", "cancelled"]);

/** Whether a job in this state has ended. Only a retry by hand takes it out again. */
export function isTerminal(state: JobState): boolean {
  return TERMINAL.has(state);
}
