// The attempts of a job: in order, within maxAttempts, each ended once, and consistent with how the job ended.
import type { FinalAttempt, FinalJob, Violation } from "../history.ts";
import { endsAttempt, type JobStory, type Reading } from "../read-history.ts";

export function checkAttempts(reading: Reading): Violation[] {
  return [...reading.jobs.values()].flatMap((story) => [
    ...checkEnds(story, reading),
    ...story.final.flatMap((job) => [...checkOrder(job, story), ...checkOutcome(job, story)]),
  ]);
}

/** As many attempts end, by what was published, as leases were granted. */
function checkEnds(story: JobStory, reading: Reading): Violation[] {
  const ends = story.events.filter((event) => endsAttempt(event, reading.callOf(event)));
  if (ends.length === story.leases.length) return [];
  const detail = `${story.id}: ${story.leases.length} leases, but ${ends.length} ends of attempts (calls ${ends.map(({ call }) => call).join(", ")})`;
  return [{ rule: "every attempt ends once", detail }];
}

function checkOrder(job: FinalJob, story: JobStory): Violation[] {
  const violations: Violation[] = [];
  const broken = (detail: string) => violations.push({ rule: "attempts are in order", detail: `${job.id}: ${detail}` });
  const granted = new Set(story.leases.map(({ token }) => token));
  for (const [index, attempt] of job.attempts.entries()) {
    const before = job.attempts[index - 1];
    if (attempt.execution !== index + 1) broken(`execution ${attempt.execution} in place ${index + 1}`);
    if (!granted.has(attempt.token)) broken(`execution ${attempt.execution} was granted to nobody`);
    if (attempt.number > job.maxAttempts || attempt.number < 1) {
      violations.push({ rule: "attempts stay within maxAttempts", detail: `${job.id}: attempt ${attempt.number} of ${job.maxAttempts}` });
    }
    if (attempt.startedAt > attempt.finishedAt) broken(`execution ${attempt.execution} ended before it began`);
    if (before && before.finishedAt > attempt.startedAt) broken(`execution ${attempt.execution} began before the one before it ended`);
    if (!mayFollow(before, attempt, story))
      broken(`attempt ${attempt.number} after ${before ? `${before.outcome} ${before.number}` : "none"}`);
  }
  for (const { grant } of story.leases) {
    if (grant.attempt > job.maxAttempts)
      violations.push({ rule: "attempts stay within maxAttempts", detail: `${job.id}: attempt ${grant.attempt} was leased` });
  }
  return violations;
}

function mayFollow(before: FinalAttempt | undefined, attempt: FinalAttempt, story: JobStory): boolean {
  if (!before) return attempt.number === 1;
  const wasRetried = story.retries.length > 0 && attempt.number === 1;
  switch (before.outcome) {
    case "released":
      return attempt.number === before.number || wasRetried;
    case "failed":
    case "lost":
    case "timeout":
      return attempt.number === before.number + 1 || wasRetried;
    case "cancelled":
      return wasRetried;
    default:
      return false; // completed, or still running: nothing comes after it
  }
}

/** The job ended as its last attempt says, and did not fail while attempts were left. */
function checkOutcome(job: FinalJob, story: JobStory): Violation[] {
  const last = job.attempts.at(-1);
  const lease = story.leases.find(({ token }) => token === last?.token);
  const words = (lease?.settles ?? []).filter(({ status }) => status === "ok").map(({ item }) => item);
  if (job.state === "completed") {
    const results = words.filter(({ outcome }) => outcome === "completed").map(({ result }) => result);
    if (last?.outcome === "completed" && results.includes(job.result)) return [];
    return [
      {
        rule: "a job completes with the result its lease gave",
        detail: `${job.id} completed with ${job.result}, acknowledged were ${results.join(", ") || "none"}`,
      },
    ];
  }
  if (last?.outcome === "completed")
    return [{ rule: "a job completes with the result its lease gave", detail: `${job.id} is ${job.state} after a completed attempt` }];
  const expired = story.events.some(
    ({ type, data }) => type === "job.failed" && (data.error as { code?: string } | undefined)?.code === "ttl_expired",
  );
  const isFinal = words.some(({ outcome, retryable }) => outcome === "failed" && !retryable);
  if (job.state === "failed" && !expired && !isFinal && job.attempt < job.maxAttempts) {
    return [
      { rule: "a job fails only when no attempt is left", detail: `${job.id} failed at attempt ${job.attempt} of ${job.maxAttempts}` },
    ];
  }
  return [];
}
