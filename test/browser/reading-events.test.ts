// How the dashboard reads what jobs say: events, log lines, progress messages, addresses.
import { describe, expect, test } from "vitest";
import type { Event } from "../../src/contract/event.ts";
import type { Job, LogLine } from "../../src/contract/job.ts";
import { formatBytes, formatDuration, formatRelative } from "../../src/ui/components/format.ts";
import { readGeneration } from "../../src/ui/generate/tokens.ts";
import { applyEvent } from "../../src/ui/jobs/job-events.ts";
import { mayMatch, readJobFilters } from "../../src/ui/jobs/job-filters.ts";
import { perplexityOfResult, readPerplexity } from "../../src/ui/train/perplexity.ts";

const SECOND_ATTEMPT = 1_000_000_000;

describe("an event", () => {
  test("moves a job to where it is now, with its times", () => {
    const started = applyEvent(job({ state: "queued" }), event("job.started", { state: "running", attempt: 2, runnerId: "run-1" }));
    expect(started).toMatchObject({ state: "running", attempt: 2, runnerId: "run-1", startedAt: AT, error: null });
    const over = applyEvent(started, event("job.completed", { state: "completed" }));
    expect(over).toMatchObject({ state: "completed", finishedAt: AT, progress: { fraction: 1 } });
  });

  test("of progress says that the job runs, and comes too late for a job that is over", () => {
    const progress = event("job.progress", { progress: { fraction: 0.4, message: "step 2" } });
    expect(applyEvent(job({ state: "queued" }), progress)).toMatchObject({
      state: "running",
      progress: { fraction: 0.4, message: "step 2" },
    });
    const over = job({ state: "cancelled" });
    expect(applyEvent(over, progress)).toBe(over);
  });

  test("of a retry tells when it is due; one by hand forgets the attempts before", () => {
    const error = { code: "timeout", message: "too slow", retryable: true };
    const waiting = applyEvent(
      job({ state: "running", attempt: 1 }),
      event("job.retrying", { state: "scheduled", error, retryInSeconds: 30 }),
    );
    expect(waiting).toMatchObject({ state: "scheduled", error, runAt: "2026-01-31T08:30:30.000Z" });
    const redriven = applyEvent(
      job({ state: "failed", attempt: 3, error, finishedAt: AT }),
      event("job.enqueued", { state: "queued", retried: true }),
    );
    expect(redriven).toMatchObject({ state: "queued", attempt: 0, error: null, finishedAt: null });
  });
});

describe("perplexity", () => {
  test("is read from log lines and from the message of the moment, the latest word for each step", () => {
    const lines = [
      line(1, "stdout", "step 1/3, perplexity 812.4 (100 tokens, 20 words, 30 n-grams)"),
      line(2, "stdout", "step 2/3, perplexity 401.25"),
      line(3, "event", '{"type":"step","step":2,"perplexity":400}'),
      line(4, "event", "not JSON, but perplexity"),
    ];
    expect(readPerplexity(lines, "step 3/3, perplexity 99.01")).toEqual([
      { step: 1, perplexity: 812.4 },
      { step: 2, perplexity: 400 },
      { step: 3, perplexity: 99.01 },
    ]);
  });

  test("starts again with an attempt that starts at the first step", () => {
    const lines = [
      line(1, "stdout", "step 1/2, perplexity 9"),
      line(2, "stdout", "step 2/2, perplexity 8"),
      line(SECOND_ATTEMPT + 1, "stdout", "step 1/2, perplexity 7"),
    ];
    expect(readPerplexity(lines, null)).toEqual([{ step: 1, perplexity: 7 }]);
  });

  test("of a result counts where it is a list of numbers, and nowhere else", () => {
    expect(perplexityOfResult({ perplexities: [5, 4] })).toEqual([
      { step: 1, perplexity: 5 },
      { step: 2, perplexity: 4 },
    ]);
    for (const result of [null, "text", { perplexities: [] }, { perplexities: ["5"] }]) expect(perplexityOfResult(result)).toBeNull();
  });
});

describe("a generated text", () => {
  const payload = { prompt: "Once" };
  const token = (seq: number, text: string) => line(seq, "event", JSON.stringify({ type: "token", text }));

  test("is what the latest attempt wrote, until the result is there", () => {
    const lines = [token(1, " up"), line(2, "stderr", "noise"), token(SECOND_ATTEMPT + 1, " upon"), token(SECOND_ATTEMPT + 2, " a")];
    expect(readGeneration(job({ state: "running", payload }), lines)).toEqual({ prompt: "Once", text: " upon a", tokenCount: null });
    const result = { text: " upon a time", tokens: 3 };
    expect(readGeneration(job({ state: "completed", payload, result }), lines)).toEqual({
      prompt: "Once",
      text: " upon a time",
      tokenCount: 3,
    });
  });
});

describe("filters in an address", () => {
  test("are kept where they make sense and dropped where they do not", () => {
    expect(readJobFilters({ state: "failed", queue: " mail ", q: "", other: "x", tag: 5 })).toEqual({ state: "failed", queue: "mail" });
    expect(readJobFilters({ state: "lost" })).toEqual({});
  });

  test("say which jobs may belong to the list", () => {
    expect(mayMatch({ state: "failed" }, { state: "completed" })).toBe(false);
    expect(mayMatch({ queue: "mail" }, { state: "queued", queue: "gpu" })).toBe(false);
    expect(mayMatch({ queue: "mail", tag: "only the server knows" }, { state: "queued", queue: "mail" })).toBe(true);
  });
});

test("numbers read as people say them", () => {
  expect([0.34, 4.21, 59.7, 192, 3600, 7500, 273_600].map(formatDuration)).toEqual([
    "340 ms",
    "4.2 s",
    "1 min",
    "3 min 12 s",
    "1 h",
    "2 h 5 min",
    "3 d 4 h",
  ]);
  expect([0, 999, 1536, 5 * 1024 ** 3].map(formatBytes)).toEqual(["0 B", "999 B", "1.5 KiB", "5.0 GiB"]);
  expect([-1, -12, 200, -7300].map(formatRelative)).toEqual(["just now", "12 s ago", "in 3 min", "2 h ago"]);
});

const AT = "2026-01-31T08:30:00.000Z";

function event(type: string, data: Record<string, unknown>): Event {
  return { id: "1-0", type, at: AT, data };
}

function line(seq: number, stream: LogLine["stream"], text: string): LogLine {
  return { seq, at: AT, stream, line: text };
}

function job(fields: Partial<Job>): Job {
  return {
    id: "job_01kaj7zqv5fd8tqb5x1v2m3n4p",
    queue: "default",
    kind: "http",
    state: "queued",
    priority: 0,
    payload: {},
    result: null,
    error: null,
    attempt: 0,
    maxAttempts: 3,
    progress: { fraction: 0, message: null },
    runAt: AT,
    createdAt: AT,
    startedAt: null,
    finishedAt: null,
    leaseExpiresAt: null,
    cancelRequestedAt: null,
    runnerId: null,
    uniqueKey: null,
    concurrencyKey: null,
    tags: [],
    requires: { gpus: 0, vramMib: 0, model: null, labels: {} },
    backoff: { type: "exponential", baseSeconds: 1, capSeconds: 60, jitter: true },
    timeoutSeconds: 3600,
    ttlSeconds: null,
    scheduleId: null,
    flowId: null,
    usage: null,
    ...fields,
  };
}
