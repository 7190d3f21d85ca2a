// What a history is: every call to the engine with its answer, the events each published, samples of the tables taken
// meanwhile, and what the tables hold at the end. `start` and `end` count steps of one process, so they order calls
// strictly: a call whose `end` is below another's `start` was over before the other began.

type Span = { call: number; start: number; end: number };

/** A call that was refused with a problem's code; such a call must have changed nothing. */
type Refusable<Answer> = { answer: Answer; refused?: undefined } | { answer?: undefined; refused: string };

export type EnqueuedJob = { queue: string; kind: string; uniqueKey: string | null; maxAttempts: number; priority: number };
export type GrantedLease = {
  token: string;
  job: string;
  queue: string;
  kind: string;
  labels: Record<string, string>;
  priority: number;
  attempt: number;
};

export type EnqueueCall = Span & { op: "enqueue"; jobs: EnqueuedJob[]; idempotency: { key: string; hash: string } | null } & Refusable<{
    items: { id: string; created: boolean }[];
    replayed: boolean;
  }>;
export type AcquireCall = Span & {
  op: "acquire";
  runner: string;
  queues: string[];
  kinds: string[] | null;
  labels: Record<string, string>;
  max: number;
} & Refusable<{ leases: GrantedLease[] }>;
export type HeartbeatCall = Span & { op: "heartbeat"; beats: { token: string; line: string }[] } & Refusable<{
    extended: string[];
    cancelled: string[];
    lost: string[];
  }>;
export type SettleCall = Span & {
  op: "settle";
  items: { token: string; outcome: "completed" | "failed" | "released"; retryable: boolean; result: string | null }[];
} & Refusable<{ items: { token: string; status: "ok" | "lease_lost" | "cancelled"; state: string | null }[] }>;
export type JobCall = Span & { op: "cancel" | "retry" | "promote"; job: string } & Refusable<{ state: string }>;
/** `concurrency` undefined: unchanged; null: no limit. */
export type QueueCall = Span & { op: "queue"; queue: string; concurrency?: number | null; paused?: boolean } & Refusable<
    Record<never, never>
  >;
export type SweepCall = Span & { op: "sweep" } & Refusable<{ promoted: number; rescued: number; expired: number }>;
export type ChoreCall = Span & { op: "housekeep" | "age" } & Refusable<Record<never, never>>;

export type Call = EnqueueCall | AcquireCall | HeartbeatCall | SettleCall | JobCall | QueueCall | SweepCall | ChoreCall;

/** An event that call number `call` published. */
export type PublishedEvent = { op: "event"; call: number; type: string; job: string; data: Record<string, unknown> };

/** One snapshot of the tables, read between `start` and `end`. */
export type Sample = {
  op: "sample";
  start: number;
  end: number;
  running: { queue: string; running: number; concurrency: number | null }[];
  /** Unique keys that more than one unfinished job holds. */
  sharedKeys: string[];
  /** Jobs that are in both tables, or twice in one. */
  doubledJobs: string[];
};

export type FinalAttempt = { execution: number; number: number; token: string; outcome: string; startedAt: string; finishedAt: string };
export type FinalJob = {
  id: string;
  queue: string;
  state: string;
  attempt: number;
  maxAttempts: number;
  uniqueKey: string | null;
  result: string | null;
  attempts: FinalAttempt[];
  logLines: string[];
  /** Each heartbeat's progress carries its log line as its message, so that the last writer is known. */
  progressMessage: string | null;
};
export type FinalState = {
  op: "final";
  jobs: FinalJob[];
  /** `<queue> <state>` to the number of rows there are, and that job_counts and its deltas say there are. */
  counted: Record<string, number>;
  maintained: Record<string, number>;
};

export type Entry = Call | PublishedEvent | Sample | FinalState;
export type History = readonly Entry[];

/** `rule` names the invariant; `detail` says who broke it, with call numbers to look up in the history. */
export type Violation = { rule: string; detail: string };
