// What a queue promises: paused means paused, limits hold, priority then age, and only jobs that were asked for.
import type { AcquireCall, QueueCall, Violation } from "../history.ts";
import { heldUntil, type LeaseStory, type Reading } from "../read-history.ts";

export function checkQueues(reading: Reading): Violation[] {
  const acquires = reading.calls.filter((call): call is AcquireCall => call.op === "acquire" && (call.answer?.leases.length ?? 0) > 0);
  return [
    ...acquires.flatMap((call) => [...checkPaused(call, reading), ...checkOrder(call), ...checkAsked(call)]),
    ...checkLimits(reading),
    ...checkSamples(reading),
  ];
}

/** A pause that was answered before the acquire began holds, unless a resume may have come in between. */
function checkPaused(call: AcquireCall, { queueCalls }: Reading): Violation[] {
  const queues = new Set(call.answer?.leases.map(({ queue }) => queue));
  return [...queues].flatMap((queue) => {
    const calls = queueCalls.get(queue) ?? [];
    const resumes = calls.filter(({ paused }) => paused === false);
    const pause = calls.find(
      (one) => one.paused === true && one.end < call.start && !resumes.some((resume) => resume.end > one.start && resume.start < call.end),
    );
    return pause
      ? [{ rule: "a paused queue hands out nothing", detail: `call ${call.call} leased from "${queue}", paused by call ${pause.call}` }]
      : [];
  });
}

function checkOrder({ call, answer }: AcquireCall): Violation[] {
  const leases = answer?.leases ?? [];
  return leases.flatMap((lease, index) => {
    const before = leases[index - 1];
    const inOrder = !before || before.priority > lease.priority || (before.priority === lease.priority && before.job < lease.job);
    return inOrder
      ? []
      : [
          {
            rule: "leases come by priority, then age",
            detail: `call ${call}: ${before.job} (${before.priority}) before ${lease.job} (${lease.priority})`,
          },
        ];
  });
}

function checkAsked(call: AcquireCall): Violation[] {
  const leases = call.answer?.leases ?? [];
  const strange = leases.filter(
    ({ queue, kind, labels }) =>
      !call.queues.includes(queue) ||
      (call.kinds && !call.kinds.includes(kind)) ||
      Object.entries(labels).some(([name, value]) => call.labels[name] !== value),
  );
  const tooMany =
    leases.length > call.max
      ? [{ rule: "an acquire gives what was asked for", detail: `call ${call.call}: ${leases.length} leases, asked for ${call.max}` }]
      : [];
  return tooMany.concat(
    strange.map(({ job }) => ({
      rule: "an acquire gives what was asked for",
      detail: `call ${call.call} got ${job}, which it cannot run`,
    })),
  );
}

/** At the end of each acquire, the leases that are surely held are no more than any limit in force while they were granted. */
function checkLimits(reading: Reading): Violation[] {
  const violations: Violation[] = [];
  const byQueue = Map.groupBy(reading.leases.values(), ({ grant }) => grant.queue);
  for (const [queue, leases] of byQueue) {
    const limits = (reading.queueCalls.get(queue) ?? []).filter(({ concurrency }) => concurrency !== undefined);
    if (limits.length === 0) continue;
    const spans = leases.map((lease) => ({ lease, from: lease.acquired.end, until: heldUntil(lease, reading) }));
    for (const { from: at } of spans) {
      const held = spans.filter(({ from, until }) => from <= at && until > at);
      if (held.length === 0) continue; // the lease had ended before its acquire was answered
      const since = Math.min(...held.map(({ lease }) => lease.acquired.start));
      const limit = highestLimit(limits, since, at);
      if (held.length > limit)
        violations.push({
          rule: "a concurrency limit holds",
          detail: `"${queue}" ran ${held.length} of at most ${limit} at step ${at}: ${named(held)}`,
        });
    }
  }
  return violations;
}

function named(held: { lease: LeaseStory }[]): string {
  return held.map(({ lease }) => `${lease.job} (call ${lease.acquired.call})`).join(", ");
}

/** The highest limit that may have been in force between two steps; no limit before the first one was set. */
function highestLimit(limits: QueueCall[], from: number, to: number): number {
  const isOverwritten = (start: number, end: number) =>
    limits.some((other) => other.start > end && other.end < from && other.start > start);
  const possible = limits
    .filter((one) => one.start < to && !isOverwritten(one.start, one.end))
    .map(({ concurrency }) => concurrency ?? Number.POSITIVE_INFINITY);
  if (!limits.some((one) => one.end < from)) possible.push(Number.POSITIVE_INFINITY);
  return Math.max(...possible);
}

/** In one snapshot of the table, a queue runs no more than the highest limit it ever had. */
function checkSamples({ samples, queueCalls }: Reading): Violation[] {
  return samples.flatMap((sample) =>
    sample.running.flatMap(({ queue, running }) => {
      const calls = (queueCalls.get(queue) ?? []).filter(({ concurrency }) => concurrency !== undefined);
      const wasUnlimited = calls.length === 0 || !calls.some(({ end }) => end < sample.start);
      const limit = wasUnlimited
        ? Number.POSITIVE_INFINITY
        : Math.max(...calls.filter(({ start }) => start < sample.end).map(({ concurrency }) => concurrency ?? Number.POSITIVE_INFINITY));
      return running > limit
        ? [
            {
              rule: "a concurrency limit holds",
              detail: `"${queue}" ran ${running} of at most ${limit} in the sample at step ${sample.start}`,
            },
          ]
        : [];
    }),
  );
}
