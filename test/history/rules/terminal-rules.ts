// Invariant 3: one terminal transition a job (and one more for each retry by hand), and cancelled stays cancelled.
import type { Violation } from "../history.ts";
import { isTerminalEvent, type JobStory, type Reading } from "../read-history.ts";

export function checkTerminals(reading: Reading): Violation[] {
  return [...reading.jobs.values()].flatMap((story) => [...checkEvents(story), ...checkCompletions(story), ...checkCancels(story)]);
}

function checkEvents({ id, events, retries, final }: JobStory): Violation[] {
  const terminal = events.filter(isTerminalEvent);
  const expected = 1 + retries.length;
  if (terminal.length !== expected) {
    const told = terminal.map(({ type, call }) => `${type} by call ${call}`).join(", ") || "none";
    return [{ rule: "a job ends once", detail: `${id}: expected ${expected} terminal events (${retries.length} retries), got ${told}` }];
  }
  const state = final[0]?.state;
  if (state && !terminal.some(({ type }) => type === `job.${state}`))
    return [{ rule: "a job ends once", detail: `${id} is ${state}, which no event told` }];
  return [];
}

function checkCompletions({ id, leases, events, final }: JobStory): Violation[] {
  const acknowledged = leases.filter(({ settles }) => settles.some(({ item, status }) => status === "ok" && item.outcome === "completed"));
  const told = events.filter(({ type }) => type === "job.completed");
  if (acknowledged.length > 1 || told.length > 1) {
    return [
      {
        rule: "a job completes once",
        detail: `${id}: ${acknowledged.length} leases were told that they completed it, ${told.length} events say so`,
      },
    ];
  }
  if (acknowledged.length === 1 && final.some(({ state }) => state !== "completed")) {
    return [{ rule: "a job completes once", detail: `${id} was acknowledged as completed and is ${final[0]?.state}` }];
  }
  return [];
}

/** Once a cancel is answered, the job's next end is `cancelled`; only a retry by hand gives it another chance. */
function checkCancels({ id, cancels, retries, final }: JobStory): Violation[] {
  const lasting = cancels.filter((cancel) => !retries.some((retry) => retry.end > cancel.start));
  return final.flatMap(({ state }) =>
    state === "cancelled" || lasting.length === 0
      ? []
      : [{ rule: "a cancelled job stays cancelled", detail: `${id} was cancelled by call ${lasting[0]?.call} and is ${state}` }],
  );
}
