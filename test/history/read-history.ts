// Orders a history by what the rules ask for: by job, by lease token, by call. Pure, like everything that checks.
import type {
  AcquireCall,
  Call,
  EnqueueCall,
  EnqueuedJob,
  FinalAttempt,
  FinalJob,
  FinalState,
  GrantedLease,
  HeartbeatCall,
  History,
  JobCall,
  PublishedEvent,
  QueueCall,
  Sample,
  SettleCall,
} from "./history.ts";

export type SettleWord = { call: SettleCall; item: SettleCall["items"][number]; status: "ok" | "lease_lost" | "cancelled" };
export type Beat = { call: HeartbeatCall; line: string; accepted: boolean };

/** One lease, as it was granted, and everything that was said about it. */
export type LeaseStory = {
  token: string;
  job: string;
  grant: GrantedLease;
  acquired: AcquireCall;
  settles: SettleWord[];
  beats: Beat[];
  /** How the tables say it ended; undefined where they do not know the token. */
  recorded: FinalAttempt | undefined;
};

export type JobStory = {
  id: string;
  created: { call: EnqueueCall; job: EnqueuedJob } | undefined;
  leases: LeaseStory[];
  events: PublishedEvent[];
  cancels: JobCall[];
  retries: JobCall[];
  /** One, unless the job was lost or doubled. */
  final: FinalJob[];
};

export type Reading = {
  calls: Call[];
  jobs: Map<string, JobStory>;
  leases: Map<string, LeaseStory>;
  queueCalls: Map<string, QueueCall[]>;
  samples: Sample[];
  final: FinalState | undefined;
  callOf(event: PublishedEvent): Call | undefined;
};

export function readHistory(history: History): Reading {
  const calls = history.filter((entry): entry is Call => "call" in entry && entry.op !== "event").sort((a, b) => a.start - b.start);
  const byNumber = new Map(calls.map((call) => [call.call, call]));
  const jobs = new Map<string, JobStory>();
  const leases = new Map<string, LeaseStory>();
  const story = (id: string): JobStory => {
    const found = jobs.get(id) ?? { id, created: undefined, leases: [], events: [], cancels: [], retries: [], final: [] };
    jobs.set(id, found);
    return found;
  };

  const final = history.find((entry): entry is FinalState => entry.op === "final");
  const recorded = new Map<string, FinalAttempt>();
  for (const job of final?.jobs ?? []) {
    story(job.id).final.push(job);
    for (const attempt of job.attempts) recorded.set(attempt.token, attempt);
  }
  for (const call of calls) if (call.op === "acquire") readAcquire(call, recorded, { story, leases });
  for (const call of calls) readCall(call, { story, leases });
  for (const entry of history) if (entry.op === "event") story(entry.job).events.push(entry);

  const queueCalls = Map.groupBy(
    calls.filter((call): call is QueueCall => call.op === "queue" && call.answer !== undefined),
    (call) => call.queue,
  );
  const samples = history.filter((entry): entry is Sample => entry.op === "sample");
  return { calls, jobs, leases, queueCalls, samples, final, callOf: (event) => byNumber.get(event.call) };
}

type Into = { story(id: string): JobStory; leases: Map<string, LeaseStory> };

function readAcquire(call: AcquireCall, recorded: Map<string, FinalAttempt>, { story, leases }: Into): void {
  for (const grant of call.answer?.leases ?? []) {
    const { token, job } = grant;
    const lease: LeaseStory = { token, job, grant, acquired: call, settles: [], beats: [], recorded: recorded.get(token) };
    leases.set(token, lease);
    story(job).leases.push(lease);
  }
}

function readCall(call: Call, { story, leases }: Into): void {
  if (call.answer === undefined) return;
  if (call.op === "enqueue" && !call.answer.replayed) {
    for (const [index, item] of call.answer.items.entries()) {
      const job = call.jobs[index];
      if (item.created && job) story(item.id).created ??= { call, job };
    }
  } else if (call.op === "heartbeat") {
    const alive = new Set([...call.answer.extended, ...call.answer.cancelled]);
    for (const { token, line } of call.beats) leases.get(token)?.beats.push({ call, line, accepted: alive.has(token) });
  } else if (call.op === "settle") {
    for (const [index, { token, status }] of call.answer.items.entries()) {
      const item = call.items[index];
      if (item) leases.get(token)?.settles.push({ call, item, status });
    }
  } else if (call.op === "cancel") story(call.job).cancels.push(call);
  else if (call.op === "retry") story(call.job).retries.push(call);
}

const TERMINAL_EVENTS = new Set(["job.completed", "job.failed", "job.cancelled"]);

export function isTerminalEvent(event: PublishedEvent): boolean {
  return TERMINAL_EVENTS.has(event.type);
}

/** Whether the event tells of the end of an attempt (rather than of a job that ended while it waited). */
export function endsAttempt(event: PublishedEvent, call: Call | undefined): boolean {
  if (event.type === "job.retrying") return true;
  const error = event.data.error as { code?: unknown } | undefined;
  return isTerminalEvent(event) && call?.op !== "cancel" && error?.code !== "ttl_expired";
}

/** The step before which the lease was surely still held: the start of the first call that may have ended it. */
export function heldUntil(lease: LeaseStory, reading: Reading): number {
  const settles = lease.settles.filter(({ status }) => status !== "lease_lost").map(({ call }) => call.start);
  const sweeps = (reading.jobs.get(lease.job)?.events ?? []).flatMap((event) => {
    const call = reading.callOf(event);
    return call?.op === "sweep" && endsAttempt(event, call) && call.end > lease.acquired.start ? [call.start] : [];
  });
  return Math.min(Number.POSITIVE_INFINITY, ...settles, ...sweeps);
}

/** The step from which on the lease was surely over: the end of the first call that shows it. */
export function overFrom(lease: LeaseStory, reading: Reading): number {
  const settles = lease.settles.map(({ call }) => call.end);
  const refusedBeats = lease.beats.filter(({ accepted }) => !accepted).map(({ call }) => call.end);
  const later = (reading.jobs.get(lease.job)?.leases ?? []).filter((other) => isLater(other, lease)).map((other) => other.acquired.end);
  return Math.min(Number.POSITIVE_INFINITY, ...settles, ...refusedBeats, ...later);
}

function isLater(other: LeaseStory, lease: LeaseStory): boolean {
  if (other.recorded && lease.recorded) return other.recorded.execution > lease.recorded.execution;
  return other.acquired.start > lease.acquired.end;
}
