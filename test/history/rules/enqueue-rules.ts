// Invariants 1 and 4: what was acknowledged exists once and ends; unique keys are unique; replays answer the same.
import type { EnqueueCall, Violation } from "../history.ts";
import { isTerminalEvent, type JobStory, type Reading } from "../read-history.ts";

export function checkEnqueues(reading: Reading): Violation[] {
  return [...checkExistence(reading), ...checkSharedKeys(reading), ...checkExistingJobs(reading), ...checkReplays(reading)];
}

const TERMINAL = new Set(["completed", "failed", "cancelled"]);

function checkExistence({ jobs }: Reading): Violation[] {
  const violations: Violation[] = [];
  for (const { id, created, final } of jobs.values()) {
    if (!created) violations.push({ rule: "every job was acknowledged", detail: `${id} is known, but no enqueue answered created: true` });
    else if (final.length !== 1) {
      violations.push({
        rule: "an acknowledged job exists once",
        detail: `${id} of call ${created.call.call} exists ${final.length} times`,
      });
    }
    for (const { state } of final) {
      if (!TERMINAL.has(state)) violations.push({ rule: "every job ends", detail: `${id} is still ${state}` });
    }
  }
  return violations;
}

/** Between an enqueue's answer and the start of the first call that ended the job, the job surely held its key. */
function surelyHeld(story: JobStory, reading: Reading): { from: number; until: number } {
  const ends = story.events.filter(isTerminalEvent).map((event) => reading.callOf(event)?.start ?? 0);
  return { from: story.created?.call.end ?? Number.POSITIVE_INFINITY, until: Math.min(Number.POSITIVE_INFINITY, ...ends) };
}

function checkSharedKeys(reading: Reading): Violation[] {
  const violations: Violation[] = [];
  const keyed = [...reading.jobs.values()].filter((story) => story.created?.job.uniqueKey != null);
  const groups = Map.groupBy(keyed, (story) => `${story.created?.job.queue} ${story.created?.job.uniqueKey}`);
  for (const [key, group] of groups) {
    for (const holder of group) {
      const held = surelyHeld(holder, reading);
      for (const other of group) {
        const { call } = other.created ?? {};
        if (other === holder || !call || call.start < held.from || call.end > held.until) continue;
        violations.push({
          rule: "a unique key has one unfinished job",
          detail: `call ${call.call} created ${other.id} while ${holder.id} held "${key}"`,
        });
      }
    }
  }
  for (const sample of reading.samples) {
    for (const key of sample.sharedKeys)
      violations.push({ rule: "a unique key has one unfinished job", detail: `"${key}" was shared at step ${sample.start}` });
    for (const id of sample.doubledJobs)
      violations.push({ rule: "an acknowledged job exists once", detail: `${id} was there twice at step ${sample.start}` });
  }
  return violations;
}

/** created: false names a job with that key that was unfinished at some moment of the call. */
function checkExistingJobs(reading: Reading): Violation[] {
  const violations: Violation[] = [];
  const enqueues = reading.calls.filter((call): call is EnqueueCall => call.op === "enqueue" && call.answer?.replayed === false);
  for (const call of enqueues) {
    for (const [index, { id, created }] of (call.answer?.items ?? []).entries()) {
      const asked = call.jobs[index];
      const story = reading.jobs.get(id);
      if (created || !asked) continue;
      const given = story?.created?.job;
      if (!given || given.queue !== asked.queue || given.uniqueKey !== asked.uniqueKey || asked.uniqueKey === null) {
        violations.push({
          rule: "created: false names the holder of the key",
          detail: `call ${call.call} asked for "${asked.uniqueKey}" and got ${id} with "${given?.uniqueKey}"`,
        });
      } else if (story && endedBefore(story, call, reading)) {
        violations.push({
          rule: "created: false names the holder of the key",
          detail: `call ${call.call} got ${id}, which had ended before`,
        });
      }
    }
  }
  return violations;
}

function endedBefore(story: JobStory, call: EnqueueCall, reading: Reading): boolean {
  const ends = story.events.filter(isTerminalEvent).map((event) => reading.callOf(event)?.end ?? 0);
  const mayBeBack = story.retries.some((retry) => retry.start < call.end);
  return !mayBeBack && ends.length > 0 && Math.min(...ends) < call.start;
}

function checkReplays({ calls }: Reading): Violation[] {
  const violations: Violation[] = [];
  const keyed = calls.filter((call): call is EnqueueCall => call.op === "enqueue" && call.idempotency !== null);
  for (const [key, group] of Map.groupBy(keyed, (call) => call.idempotency?.key)) {
    const answered = group.filter((call) => call.answer !== undefined);
    const hashes = new Set(answered.map((call) => call.idempotency?.hash));
    const answers = new Set(answered.map((call) => JSON.stringify(call.answer?.items)));
    const first = answered.filter((call) => call.answer?.replayed === false);
    if (hashes.size > 1 || answers.size > 1 || (answered.length > 0 && first.length !== 1)) {
      violations.push({
        rule: "a repeated idempotency key replays the same ids",
        detail: `key ${key}: ${answers.size} answers to ${hashes.size} requests, ${first.length} carried out (calls ${answered.map(({ call }) => call).join(", ")})`,
      });
    }
  }
  return violations;
}
