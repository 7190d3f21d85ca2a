// The runner: puts the loops, the executors and the spool together, starts what was leased, and ends in good order.
//
// Draining, in this order: take no more; give back what was prefetched; let running jobs finish for RUNNER_DRAIN_SECONDS;
// stop the rest and release them; deliver what is spooled, for a while. What is left then is safe on disk.
import { createClient } from "../../src/client/index.ts";
import { runAttempt } from "./attempt.ts";
import { createBoard, type HeldLease, type StopReason } from "./board.ts";
import { createCapacity } from "./capacity.ts";
import type { Config } from "./config.ts";
import type { DataDirectory } from "./data-directory.ts";
import { createCommandExecutor } from "./executors/command.ts";
import type { Executor } from "./executors/executor.ts";
import { createNgramExecutor } from "./executors/ngram.ts";
import { runHeartbeatLoop } from "./heartbeat-loop.ts";
import { runLeaseLoop } from "./lease-loop.ts";
import type { Log } from "./log.ts";
import { createMetrics, serveMetrics } from "./metrics.ts";
import { createBell } from "./pause.ts";
import { createPrefetch } from "./prefetch.ts";
import { runSettleLoop } from "./settle-loop.ts";
import { openSpool, type SpoolEntry } from "./spool.ts";
import { createTransfers } from "./transfers.ts";

export interface Runner {
  /** Ends the runner in good order; called again, or with `isFast`, it does not wait for running jobs. */
  drain(options?: { isFast?: boolean }): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/** Stopping executors takes their grace; what takes longer is left behind. */
const STOP_MARGIN_MS = 10_000;
/** How long a draining runner still listens for leases that were granted already; it gives them back. */
const LAST_ANSWER_MS = 200;
const LAST_DELIVERY_MS = 10_000;
const LAST_DELIVERY_FAST_MS = 2000;
const LOOK_EVERY_MS = 200;
/** Asking for work waits at most so long for the settle that would bring some along. */
const SETTLE_NEAR_MS = 1000;

export async function startRunner(options: {
  config: Config;
  data: DataDirectory;
  environment: Record<string, string | undefined>;
  log: Log;
}): Promise<Runner> {
  const { config, data, environment, log } = options;
  const { runnerId } = data;
  const client = createClient({ baseUrl: config.MILLRACE_URL, key: config.MILLRACE_TOKEN });
  const leaseSeconds = config.RUNNER_LEASE_SECONDS;
  const board = createBoard({ concurrency: config.RUNNER_CONCURRENCY, leaseSeconds });
  const spool = await openSpool(data.spool, log);
  const metrics = createMetrics({ spoolSize: () => spool.size, leases: (phase) => board.count(phase) });
  const executors = createExecutors({ config, data, environment, onRestart: (executor) => metrics.executorRestarted(executor) });
  const prefetch = createPrefetch();
  const capacity = createCapacity({
    board,
    prefetch,
    request: {
      runnerId,
      queues: config.RUNNER_QUEUES,
      kinds: executors.flatMap(({ kinds }) => kinds),
      leaseSeconds,
      labels: config.RUNNER_LABELS,
    },
  });
  const transfers = createTransfers(client, log);

  const stopLeasing = new AbortController();
  const stopLoops = new AbortController();
  const settleBell = createBell();
  const contactBell = createBell();
  const drainBell = createBell();
  /** Tokens whose settle is the next request to go out, and until when (performance.now()) that is to be believed. */
  const settlesNear = new Map<string, number>();
  const freeSlots: { at: number; wallClock: number }[] = [];

  async function spoolResult(entry: SpoolEntry): Promise<void> {
    await spool.put(entry);
    metrics.jobEnded(entry.kind, entry.item.error?.code === "cancelled" ? "cancelled" : entry.item.outcome);
  }

  // What ran when the last runner here was killed has failed, and saying so spares it the wait for its lease to expire.
  // It costs an attempt: a job that takes the machine down must not come back for ever.
  for (const { jobId, kind, leaseToken } of data.leftovers) {
    const error = { code: "runner_crash", message: "The runner was killed or crashed while the job ran.", retryable: true };
    await spoolResult({ jobId, kind, item: { leaseToken, outcome: "failed", error }, logs: [] });
  }

  function start(lease: HeldLease): void {
    const slot = freeSlots.shift();
    // Only what was due already can have kept a slot waiting.
    if (slot && Date.parse(lease.job.runAt) <= slot.wallClock) metrics.gap((performance.now() - slot.at) / 1000);
    log.info("attempt started", { jobId: lease.job.id, kind: lease.job.kind, attempt: lease.job.attempt });
    const ending = runAttempt({
      lease,
      board,
      executors,
      data,
      transfers,
      log,
      spool: spoolResult,
      onRan({ ranMs, settlesAtOnce }) {
        prefetch.observe(lease.job.kind, ranMs);
        metrics.jobRan(lease.job.kind, ranMs / 1000);
        freeSlots.push({ at: performance.now(), wallClock: Date.now() });
        if (settlesAtOnce) settlesNear.set(lease.token, performance.now() + SETTLE_NEAR_MS);
      },
    });
    void ending.finally(() => {
      if (lease.stop.signal.reason === "lost") metrics.leaseLost();
      if (lease.stop.signal.aborted) settlesNear.delete(lease.token);
      settleBell.ring();
    });
  }

  /** Settles a lease that never started. */
  function settleUnstarted(lease: HeldLease, reason: StopReason): void {
    board.remove(lease);
    if (reason === "lost") return;
    const outcome =
      reason === "cancelled"
        ? ({ outcome: "failed", error: { code: "cancelled", message: "The job was cancelled before it ran.", retryable: false } } as const)
        : ({ outcome: "released" } as const);
    void spoolResult({ jobId: lease.job.id, kind: lease.job.kind, item: { leaseToken: lease.token, ...outcome }, logs: [] }).then(() =>
      settleBell.ring(),
    );
  }

  board.onChange = () => {
    drainBell.ring();
    for (const lease of board.inPhase("waiting")) {
      if (!board.leases.has(lease.token) || lease.phase !== "waiting") continue;
      if (lease.stop.signal.aborted) settleUnstarted(lease, lease.stop.signal.reason as StopReason);
      else if (capacity.isClosed) settleUnstarted(lease, "drain");
      else if (board.count("running") >= board.concurrency) continue;
      else if (performance.now() > lease.validUntil) {
        log.warn("a prefetched job was not started: no heartbeat has proven its lease in time", { jobId: lease.job.id });
        board.remove(lease);
      } else start(lease);
    }
  };

  let drainsFast: AbortController | undefined;
  const drain: Runner["drain"] = ({ isFast = false } = {}) => {
    if (!drainsFast) {
      drainsFast = new AbortController();
      log.info("draining: taking no more jobs", { running: board.count("running"), seconds: isFast ? 0 : config.RUNNER_DRAIN_SECONDS });
      capacity.close();
      // A lease may be on its way to us: hanging up on it would keep its job waiting until the lease runs out.
      setTimeout(() => stopLeasing.abort(), isFast ? 0 : LAST_ANSWER_MS);
      board.onChange();
      void finish(drainsFast.signal).then(onEnded, onFailed);
    } else if (!drainsFast.signal.aborted) {
      log.info("told again to stop: running jobs are stopped now");
      stopLeasing.abort();
      drainsFast.abort();
    }
    if (isFast) drainsFast.abort();
  };

  async function waitUntil(isReached: () => boolean, limitMs: number, hurry?: AbortSignal): Promise<void> {
    const until = performance.now() + limitMs;
    while (!isReached() && performance.now() < until && !hurry?.aborted) await drainBell.wait(LOOK_EVERY_MS, hurry);
  }

  async function finish(hurry: AbortSignal): Promise<void> {
    await Promise.allSettled([leasing]);
    await waitUntil(() => board.leases.size === 0, config.RUNNER_DRAIN_SECONDS * 1000, hurry);
    for (const lease of [...board.leases.values()]) board.stop(lease, "drain");
    await waitUntil(() => board.leases.size === 0, config.RUNNER_KILL_GRACE_SECONDS * 1000 + STOP_MARGIN_MS);
    settleBell.ring();
    contactBell.ring();
    await waitUntil(() => spool.size === 0, LAST_DELIVERY_MS, hurry);
    if (hurry.aborted) await waitUntil(() => spool.size === 0, LAST_DELIVERY_FAST_MS);
    stopLoops.abort();
    await Promise.allSettled([leasing, beating, settling]);
    await Promise.all(executors.map((executor) => executor.close()));
    server?.server.close();
    log.info("drained", { undelivered: spool.size });
  }

  const { promise: ended, resolve: onEnded, reject: onFailed } = Promise.withResolvers<void>();
  const health = () => ({
    status: capacity.isClosed ? "draining" : "ok",
    runnerId,
    running: board.count("running"),
    waiting: board.count("waiting"),
    spooled: spool.size,
  });
  const server =
    config.METRICS_PORT === undefined
      ? undefined
      : await serveMetrics({ port: config.METRICS_PORT, host: config.METRICS_HOST, metrics, health });
  log.info("runner started", {
    runnerId,
    url: config.MILLRACE_URL,
    queues: config.RUNNER_QUEUES,
    kinds: executors.flatMap(({ kinds }) => kinds),
    concurrency: config.RUNNER_CONCURRENCY,
    undelivered: spool.size,
    ...(server ? { metricsPort: server.port } : {}),
  });

  const onDrain = () => drain();
  const onContact = () => contactBell.ring();
  const settling = runSettleLoop({
    client,
    board,
    capacity,
    spool,
    runnerId,
    log,
    bell: settleBell,
    contactBell,
    onTrouble() {
      settlesNear.clear();
      board.wantBell.ring();
    },
    onDelivered({ item }) {
      settlesNear.delete(item.leaseToken);
      board.wantBell.ring();
      drainBell.ring();
    },
    onDrain,
    signal: stopLoops.signal,
  });
  const beating = runHeartbeatLoop({
    client,
    board,
    runnerId,
    leaseSeconds,
    log,
    onContact,
    onDrain,
    onFailure: () => metrics.heartbeatFailed(),
    giveBack: (lease) => settleUnstarted(lease, "drain"),
    metrics: health,
    signal: stopLoops.signal,
  });
  const leasing = runLeaseLoop({
    client,
    board,
    capacity,
    leaseSeconds,
    log,
    isSettleNear: () => [...settlesNear.values()].some((until) => until > performance.now()),
    onContact,
    onDrain,
    signal: stopLeasing.signal,
  });
  return { drain, ended };
}

interface ExecutorsInput {
  config: Config;
  data: DataDirectory;
  environment: Record<string, string | undefined>;
  onRestart: (executor: string) => void;
}

function createExecutors({ config, data, environment, onRestart }: ExecutorsInput): Executor[] {
  const ngram = createNgramExecutor({
    modelsDirectory: data.models,
    memoryMib: config.RUNNER_NGRAM_MEMORY_MIB,
    environment,
    onRestart: () => onRestart("ngram"),
  });
  // With no command allowed, jobs of that kind are left to runners that allow some.
  const hasCommands = Object.keys(config.commands).length > 0;
  const command = createCommandExecutor({ commands: config.commands, environment, killGraceSeconds: config.RUNNER_KILL_GRACE_SECONDS });
  return hasCommands ? [ngram, command] : [ngram];
}
