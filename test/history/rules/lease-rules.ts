// Invariant 2: at most one lease of a job at a time, and nothing is written with a stale token.
import type { Violation } from "../history.ts";
import { heldUntil, type LeaseStory, overFrom, type Reading } from "../read-history.ts";

const STALE = "no write is accepted with a stale token";

export function checkLeases(reading: Reading): Violation[] {
  return [...reading.leases.values()]
    .flatMap((lease) => [...checkRecord(lease), ...checkWrites(lease, reading), ...checkOverlap(lease, reading)])
    .concat(checkLogs(reading));
}

/** What was acknowledged about a lease is what the tables say of it. */
function checkRecord({ token, job, recorded, settles }: LeaseStory): Violation[] {
  if (!recorded)
    return [
      { rule: "every lease is in the history of attempts", detail: `${token} of ${job} left no trace: another lease took its place` },
    ];
  const violations: Violation[] = [];
  for (const { call, item, status } of settles) {
    const acknowledged = status === "ok" ? item.outcome : status === "cancelled" ? "cancelled" : null;
    if (acknowledged !== null && acknowledged !== recorded.outcome) {
      violations.push({
        rule: STALE,
        detail: `call ${call.call} was told ${acknowledged} for ${token} of ${job}, recorded is ${recorded.outcome}`,
      });
    }
    const isOnlyWord = call.items.filter((other) => other.token === token).length === 1;
    if (status === "lease_lost" && isOnlyWord && item.outcome === recorded.outcome) {
      violations.push({
        rule: "settling again with the same outcome is ok again",
        detail: `call ${call.call} was told lease_lost for ${token}, recorded is ${recorded.outcome}`,
      });
    }
  }
  return violations;
}

/** After a lease was surely over, a heartbeat must not extend it. */
function checkWrites(lease: LeaseStory, reading: Reading): Violation[] {
  const over = overFrom(lease, reading);
  return lease.beats
    .filter(({ accepted, call }) => accepted && call.start > over)
    .map(({ call }) => ({
      rule: STALE,
      detail: `heartbeat ${call.call} extended ${lease.token} of ${lease.job}, over since step ${over}`,
    }));
}

function checkOverlap(lease: LeaseStory, reading: Reading): Violation[] {
  const until = heldUntil(lease, reading);
  return (reading.jobs.get(lease.job)?.leases ?? [])
    .filter((other) => other !== lease && other.acquired.start > lease.acquired.end && other.acquired.end < until)
    .map((other) => ({
      rule: "a job has one lease at a time",
      detail: `call ${other.acquired.call} leased ${lease.job} while ${lease.token} of call ${lease.acquired.call} was held`,
    }));
}

/** Each log line that was accepted is stored once, and no other; the same for the last progress. */
function checkLogs({ jobs, leases }: Reading): Violation[] {
  const violations: Violation[] = [];
  const accepted = new Map(
    [...leases.values()].flatMap((lease) => lease.beats.filter((beat) => beat.accepted).map((beat) => [beat.line, lease.job] as const)),
  );
  const stored = new Map<string, number>();
  for (const { id, final } of jobs.values()) {
    for (const line of final.flatMap((job) => job.logLines)) {
      stored.set(line, (stored.get(line) ?? 0) + 1);
      if (accepted.get(line) !== id)
        violations.push({
          rule: STALE,
          detail: `log line "${line}" of ${id} was stored, though its heartbeat was refused`,
        });
    }
  }
  for (const { id, progressMessage } of [...jobs.values()].flatMap(({ final }) => final)) {
    if (progressMessage !== null && accepted.get(progressMessage) !== id) {
      violations.push({ rule: STALE, detail: `the progress "${progressMessage}" of ${id} was stored, though its heartbeat was refused` });
    }
  }
  for (const [line, job] of accepted) {
    if (stored.get(line) !== 1)
      violations.push({
        rule: "an accepted log line is stored once",
        detail: `"${line}" of ${job} is there ${stored.get(line) ?? 0} times`,
      });
  }
  return violations;
}
