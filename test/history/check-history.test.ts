// The checker itself: a sound history passes, and each hand-made defect is named by the rule that it breaks.
import { describe, expect, test } from "vitest";
import { checkHistory } from "./check-history.ts";
import {
  A,
  acquire,
  B,
  changeAttempts,
  changeCall,
  changeFinal,
  changeJob,
  event,
  finalJob,
  lease,
  moveCall,
  queue,
  sound,
} from "./hand-made-history.ts";
import type { FinalJob, History } from "./history.ts";

test("a sound history has no violations", () => {
  expect(checkHistory(sound())).toEqual([]);
});

describe("the checker finds", () => {
  test.each<[string, string, (history: History) => History]>([
    [
      "a job that vanished",
      "an acknowledged job exists once",
      changeFinal((state) => ({ ...state, jobs: state.jobs.filter(({ id }) => id !== B) })),
    ],
    [
      "a job that is there twice",
      "an acknowledged job exists once",
      changeFinal((state) => ({ ...state, jobs: [...state.jobs, ...state.jobs.slice(1)] })),
    ],
    [
      "a job nobody enqueued",
      "every job was acknowledged",
      changeFinal((state) => ({ ...state, jobs: [...state.jobs, finalJob("job_c", "failed", {})] })),
    ],
    ["a job that never ends", "every job ends", changeJob(B, { state: "queued" })],
    [
      "two unfinished jobs with one key",
      "a unique key has one unfinished job",
      changeCall(5, { answer: { items: [{ id: "job_c", created: true }], replayed: false } }),
    ],
    ["a shared key in the table", "a unique key has one unfinished job", changeCall(8, { sharedKeys: ["work k"] })],
    [
      "an existing job with another key",
      "created: false names the holder of the key",
      changeCall(5, { answer: { items: [{ id: B, created: false }], replayed: false } }),
    ],
    ["an existing job that had ended", "created: false names the holder of the key", moveCall(5, 160)],
    [
      "a replay with another id",
      "a repeated idempotency key replays the same ids",
      changeCall(4, { answer: { items: [{ id: A, created: true }], replayed: true } }),
    ],
    [
      "an idempotency key used for two requests",
      "a repeated idempotency key replays the same ids",
      changeCall(4, { idempotency: { key: "once", hash: "other" } }),
    ],
    ["a lease that left no trace", "every lease is in the history of attempts", changeAttempts((attempts) => attempts.slice(1))],
    ["two leases at a time", "a job has one lease at a time", moveCall(12, 66)],
    [
      "a settle accepted with a stale token",
      "no write is accepted with a stale token",
      changeCall(11, { answer: { items: [{ token: "a1", status: "ok", state: "completed" }] } }),
    ],
    [
      "a heartbeat accepted with a stale token",
      "no write is accepted with a stale token",
      changeCall(10, { answer: { extended: ["a1"], cancelled: [], lost: [] } }, moveCall(11, 95)),
    ],
    [
      "a log line written with a stale token",
      "no write is accepted with a stale token",
      changeJob(A, { logLines: ["line a1", "line late"] }),
    ],
    ["progress written with a stale token", "no write is accepted with a stale token", changeJob(A, { progressMessage: "line late" })],
    ["a log line that was lost", "an accepted log line is stored once", changeJob(A, { logLines: [] })],
    [
      "the same outcome refused the second time",
      "settling again with the same outcome is ok again",
      changeCall(14, { answer: { items: [{ token: "a2", status: "lease_lost", state: null }] } }),
    ],
    ["attempts in the wrong order", "attempts are in order", changeAttempts((attempts) => attempts.map((one) => ({ ...one, number: 1 })))],
    [
      "attempts that overlap",
      "attempts are in order",
      changeAttempts(([first, second]) => [{ ...first, finishedAt: "13" }, second] as FinalJob["attempts"]),
    ],
    ["more attempts than allowed", "attempts stay within maxAttempts", changeJob(A, { maxAttempts: 1 })],
    ["an attempt that ended twice", "every attempt ends once", (history) => [...history, event(9, "job.retrying", A)]],
    ["a result nobody gave", "a job completes with the result its lease gave", changeJob(A, { result: "made up" })],
    ["a failure with attempts left", "a job fails only when no attempt is left", changeJob(B, { state: "failed" })],
    ["two terminal events", "a job ends once", (history) => [...history, event(15, "job.cancelled", B)]],
    ["no terminal event", "a job ends once", (history) => history.filter((entry) => entry.op !== "event" || entry.job !== B)],
    ["two completions", "a job completes once", (history) => [...history, event(14, "job.completed", A)]],
    ["a completion that was undone", "a job completes once", changeJob(A, { state: "failed" })],
    ["a cancelled job that completes", "a cancelled job stays cancelled", changeJob(B, { state: "completed" })],
    ["a paused queue that hands out", "a paused queue hands out nothing", (history) => [...history, queue(5.5, { paused: true })]],
    ["a limit that is exceeded", "a concurrency limit holds", (history) => [...history, acquire(8, [{ token: "b1", job: B, attempt: 1 }])]],
    [
      "a limit that is exceeded in the table",
      "a concurrency limit holds",
      changeCall(8, { running: [{ queue: "work", running: 2, concurrency: 1 }] }),
    ],
    [
      "the wrong order",
      "leases come by priority, then age",
      changeCall(6, { answer: { leases: [lease({ token: "b1", job: B, attempt: 1 }), lease({ token: "a1", job: A, attempt: 1 })] } }),
    ],
    ["more leases than asked for", "an acquire gives what was asked for", changeCall(6, { max: 0 })],
    ["a kind that was not asked for", "an acquire gives what was asked for", changeCall(6, { kinds: ["other"] })],
    ["counts that drift", "the counts equal the rows", changeFinal((state) => ({ ...state, maintained: { "work completed": 2 } }))],
    [
      "an error that is no problem",
      "a call is answered or refused by the contract",
      changeCall(9, { answer: undefined, refused: "unexpected 23514" }),
    ],
  ])("%s", (_, rule, break_) => {
    expect(checkHistory(break_(sound())).map((violation) => violation.rule)).toContain(rule);
  });
});
