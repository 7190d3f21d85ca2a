// What the jobs do, counted from the events that this process publishes and the sweeps it makes: no table is read.
// Every process counts what went through itself, so sums over all processes are the truth.
import type { SweepReport } from "../../core/sweep/sweep.ts";
import type { EventBus, EventDraft } from "../../ports/event-bus.ts";
import { createCounter, createHistogram } from "./exposition.ts";

const WAIT_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 60, 300, 1800, 3600];
const RUN_BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 21_600];
/** Users name queues and kinds: past so many pairs, new ones are counted together. */
const MAX_PAIRS = 500;
const OTHER = { queue: "other", kind: "other" };
const OUTCOMES = ["completed", "failed", "cancelled"] as const;

/** A sweep, and how long it took; null where it failed. */
export type SweepOutcome = { report: SweepReport | null; seconds: number };

export type JobMetrics = {
  /** The bus, with everything that is published through it counted. */
  countingBus(bus: EventBus): EventBus;
  observeSweep(outcome: SweepOutcome): void;
  render(): string;
};

export function createJobMetrics(): JobMetrics {
  const enqueued = createCounter("millrace_jobs_enqueued_total", "Jobs enqueued, by queue and kind.");
  const finished = createCounter("millrace_jobs_finished_total", "Jobs that came to an end, by queue, kind and outcome.");
  const retried = createCounter("millrace_attempts_retried_total", "Attempts that ended and get another one, by queue and kind.");
  const waits = createHistogram("millrace_job_wait_seconds", {
    help: "From due to started, of attempts that ended, by queue and kind.",
    buckets: WAIT_BUCKETS_SECONDS,
  });
  const runs = createHistogram("millrace_job_run_seconds", {
    help: "From started to ended, of attempts that ended, by queue and kind.",
    buckets: RUN_BUCKETS_SECONDS,
  });
  const rescues = createCounter("millrace_lease_rescues_total", "Attempts taken away because their lease or time ran out.");
  const sweeps = createCounter("millrace_sweeps_total", "Looks for what is due, by outcome.");
  const sweepSeconds = createCounter("millrace_sweep_seconds_total", "Time spent on sweeps.");
  // Counters that appear with their first event hide that event from rate().
  rescues.add({}, 0);
  for (const outcome of ["ok", "failed"]) sweeps.add({ outcome }, 0);

  const openPair = (labels: { queue: string; kind: string }) => ({
    enqueued: enqueued.at(labels),
    ended: Object.fromEntries(OUTCOMES.map((outcome) => [`job.${outcome}`, finished.at({ ...labels, outcome })])),
    retried: retried.at(labels),
    waits: waits.at(labels),
    runs: runs.at(labels),
  });
  type Pair = ReturnType<typeof openPair>;
  const pairs = new Map<string, Pair>();

  /** The series of one queue and kind, kept: this is on every job's way. */
  function pairOf(queue: string, kind: string): Pair {
    const known = pairs.get(`${queue} ${kind}`);
    if (known) return known;
    if (pairs.size >= MAX_PAIRS && queue !== OTHER.queue) return pairOf(OTHER.queue, OTHER.kind);
    const pair = openPair({ queue, kind });
    pairs.set(`${queue} ${kind}`, pair);
    return pair;
  }

  function observe({ type, queue, data }: EventDraft): void {
    if (queue === undefined || typeof data.kind !== "string") return;
    const pair = pairOf(queue, data.kind);
    const end = pair.ended[type];
    // A job that was released goes back unharmed: neither a retry nor an attempt.
    const isRetry = type === "job.retrying" && data.state === "scheduled";
    if (type === "job.enqueued") pair.enqueued.value += 1;
    if (end) end.value += 1;
    if (isRetry) pair.retried.value += 1;
    // What was cancelled or expired before it started has no attempt.
    if ((end || isRetry) && typeof data.waitSeconds === "number") pair.waits.observe(Math.max(data.waitSeconds, 0));
    if ((end || isRetry) && typeof data.runSeconds === "number") pair.runs.observe(Math.max(data.runSeconds, 0));
  }

  return {
    countingBus: (bus) => ({
      ...bus,
      publish(drafts) {
        for (const draft of drafts) observe(draft);
        return bus.publish(drafts);
      },
    }),
    observeSweep({ report, seconds }) {
      sweeps.add({ outcome: report ? "ok" : "failed" });
      sweepSeconds.add({}, seconds);
      if (report) rescues.add({}, report.rescued);
    },
    render: () => [enqueued, finished, retried, waits, runs, rescues, sweeps, sweepSeconds].map((metric) => metric.render()).join(""),
  };
}
