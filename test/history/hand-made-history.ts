// A small sound history, its parts, and ways to spoil one: what the tests of the checker are made of.
import type {
  AcquireCall,
  EnqueueCall,
  Entry,
  FinalJob,
  FinalState,
  HeartbeatCall,
  History,
  JobCall,
  QueueCall,
  Sample,
  SettleCall,
  SweepCall,
} from "./history.ts";

export const A = "job_a";
export const B = "job_b";

/** Two jobs: A (key k, limit 1 queue) is lost once, rescued and completed; B is cancelled while it waits. */
export function sound(): History {
  return [
    queue(1, { concurrency: 1 }),
    enqueue(2, [{ id: A, created: true, uniqueKey: "k" }]),
    enqueue(3, [{ id: B, created: true, uniqueKey: null }], { key: "once", hash: "h" }),
    enqueue(4, [{ id: B, created: true, uniqueKey: null }], { key: "once", hash: "h" }, true),
    enqueue(5, [{ id: A, created: false, uniqueKey: "k" }]),
    acquire(6, [{ token: "a1", job: A, attempt: 1 }]),
    heartbeat(7, "a1", "line a1", "extended"),
    sample(8, 1),
    sweep(9, 1),
    event(9, "job.retrying", A),
    heartbeat(10, "a1", "line late", "lost"),
    settle(11, "a1", "completed", "lease_lost"),
    acquire(12, [{ token: "a2", job: A, attempt: 2 }]),
    settle(13, "a2", "completed", "ok"),
    event(13, "job.completed", A),
    settle(14, "a2", "completed", "ok"),
    onJob(15, "cancel", B),
    event(15, "job.cancelled", B),
    final([
      finalJob(A, "completed", {
        attempt: 2,
        result: "result of a2",
        attempts: [
          { execution: 1, number: 1, token: "a1", outcome: "lost", startedAt: "06", finishedAt: "09" },
          { execution: 2, number: 2, token: "a2", outcome: "completed", startedAt: "12", finishedAt: "13" },
        ],
        logLines: ["line a1"],
        progressMessage: null,
      }),
      finalJob(B, "cancelled", {}),
    ]),
  ];
}

// ── the parts of a history; call n spans the steps 10n to 10n + 5 ──

const span = (call: number) => ({ call, start: call * 10, end: call * 10 + 5 });

export function enqueue(
  call: number,
  items: { id: string; created: boolean; uniqueKey: string | null }[],
  idempotency: EnqueueCall["idempotency"] = null,
  replayed = false,
): EnqueueCall {
  const jobs = items.map(({ uniqueKey }) => ({ queue: "work", kind: "chew", uniqueKey, maxAttempts: 3, priority: 0 }));
  return {
    op: "enqueue",
    ...span(call),
    jobs,
    idempotency,
    answer: { items: items.map(({ id, created }) => ({ id, created })), replayed },
  };
}

export function lease({ token, job, attempt }: { token: string; job: string; attempt: number }) {
  return { token, job, queue: "work", kind: "chew", labels: {}, priority: 0, attempt };
}

export function acquire(call: number, leases: Parameters<typeof lease>[0][]): AcquireCall {
  return {
    op: "acquire",
    ...span(call),
    runner: "r",
    queues: ["work"],
    kinds: null,
    labels: {},
    max: 5,
    answer: { leases: leases.map(lease) },
  };
}

export function heartbeat(call: number, token: string, line: string, answer: "extended" | "lost"): HeartbeatCall {
  return { op: "heartbeat", ...span(call), beats: [{ token, line }], answer: { extended: [], cancelled: [], lost: [], [answer]: [token] } };
}

export function settle(call: number, token: string, outcome: "completed", status: "ok" | "lease_lost"): SettleCall {
  const items = [{ token, outcome, retryable: true, result: `result of ${token}` }];
  return { op: "settle", ...span(call), items, answer: { items: [{ token, status, state: null }] } };
}

export function onJob(call: number, op: JobCall["op"], job: string): JobCall {
  return { op, ...span(call), job, answer: { state: "cancelled" } };
}

export function queue(call: number, change: { concurrency?: number; paused?: boolean }): QueueCall {
  return { op: "queue", ...span(call), queue: "work", ...change, answer: {} };
}

export function sweep(call: number, rescued: number): SweepCall {
  return { op: "sweep", ...span(call), answer: { promoted: 0, rescued, expired: 0 } };
}

export function event(call: number, type: string, job: string): Entry {
  return { op: "event", call, type, job, data: {} };
}

export function sample(call: number, running: number): Sample {
  const { start, end } = span(call);
  return { op: "sample", start, end, running: [{ queue: "work", running, concurrency: 1 }], sharedKeys: [], doubledJobs: [] };
}

export function finalJob(id: string, state: string, rest: Partial<FinalJob>): FinalJob {
  return {
    id,
    queue: "work",
    state,
    attempt: 0,
    maxAttempts: 3,
    uniqueKey: null,
    result: null,
    attempts: [],
    logLines: [],
    progressMessage: null,
    ...rest,
  };
}

export function final(jobs: FinalJob[]): FinalState {
  const counts = { "work completed": 1, "work cancelled": 1 };
  return { op: "final", jobs, counted: counts, maintained: counts };
}

// ── ways to spoil one ──

export function changeCall(call: number, change: object, then: (history: History) => History = (history) => history) {
  return (history: History) =>
    then(history.map((entry) => ("start" in entry && entry.start === call * 10 ? { ...entry, ...change } : entry) as Entry));
}

export function moveCall(call: number, start: number) {
  return changeCall(call, { start, end: start + 2 });
}

export function changeFinal(change: (state: FinalState) => FinalState) {
  return (history: History) => history.map((entry) => (entry.op === "final" ? change(entry) : entry));
}

export function changeJob(id: string, change: Partial<FinalJob>) {
  return changeFinal((state) => ({ ...state, jobs: state.jobs.map((job) => (job.id === id ? { ...job, ...change } : job)) }));
}

export function changeAttempts(change: (attempts: FinalJob["attempts"]) => FinalJob["attempts"]) {
  return changeFinal((state) => ({
    ...state,
    jobs: state.jobs.map((job) => (job.id === A ? { ...job, attempts: change(job.attempts) } : job)),
  }));
}
