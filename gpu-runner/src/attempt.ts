// Runs one attempt from start to spooled result: time limit, executor, uploads, and what it all comes to.
import { rm } from "node:fs/promises";
import type { UploadId } from "../../src/contract/ids.ts";
import type { SettleItem } from "../../src/contract/lease.ts";
import { jsonValueProblem } from "../../src/contract/text.ts";
import type { Board, HeldLease, StopReason } from "./board.ts";
import type { DataDirectory } from "./data-directory.ts";
import { type AttemptContext, type Executor, failed, type Produced } from "./executors/executor.ts";
import { type Log, messageOf } from "./log.ts";
import { pause } from "./pause.ts";
import type { SpoolEntry } from "./spool.ts";
import type { Transfers } from "./transfers.ts";
import { TransferRefused } from "./transfers.ts";

const LOGS_IN_FLIGHT_MS = 3000;

export interface AttemptOptions {
  lease: HeldLease;
  board: Board;
  executors: readonly Executor[];
  data: DataDirectory;
  transfers: Transfers;
  log: Log;
  /** Told just before the slot is free; `settlesAtOnce` where nothing is left to send but the result. */
  onRan: (ran: { ranMs: number; settlesAtOnce: boolean }) => void;
  /** Writes the result down. */
  spool: (entry: SpoolEntry) => Promise<void>;
}

export async function runAttempt(options: AttemptOptions): Promise<void> {
  const { lease, board, data, log, onRan, spool } = options;
  const { job } = lease;
  lease.startedAt = performance.now();
  board.setPhase(lease, "running");
  const timer = setTimeout(() => board.stop(lease, "timeout"), job.timeoutSeconds * 1000);

  let item: SettleItem | null;
  let directory = "";
  try {
    directory = await data.openAttempt({ jobId: job.id, kind: job.kind, leaseToken: lease.token });
    const produced = await produce(options, directory);
    const ranMs = performance.now() - lease.startedAt;
    onRan({ ranMs, settlesAtOnce: lease.logs.size === 0 && !(produced.outcome === "completed" && produced.files.length > 0) });
    board.setPhase(lease, "finishing");
    item = await conclude(options, produced);
    log.info("attempt ended", {
      jobId: job.id,
      kind: job.kind,
      attempt: job.attempt,
      outcome: item?.outcome ?? "lost",
      code: item?.error?.code,
      ranMs: Math.round(ranMs),
    });
  } catch (error) {
    item = { leaseToken: lease.token, ...pick(failed("internal", `The runner failed: ${messageOf(error)}`, { retryable: true })) };
    log.error("an attempt failed inside the runner", { jobId: job.id, reason: messageOf(error) });
  } finally {
    clearTimeout(timer);
    if (directory) await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }

  // What the job keeps for its next attempt is of no use once there is none.
  const hasEnded = item?.outcome === "completed" || item?.error?.retryable === false;
  if (hasEnded) await data.dropKept(job.id);
  // Lines on their way would arrive twice: harmless in the store, but watchers would see them double.
  if (lease.logsInFlight !== undefined) await Promise.race([lease.logsInFlight, pause(LOGS_IN_FLIGHT_MS)]);
  const logs = lease.logs.peek({ lines: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY });
  if (item) await spool({ jobId: job.id, kind: job.kind, item, logs });
  // Off the board before anything is settled: a heartbeat for a settled lease would be told that it is lost.
  board.remove(lease);
}

async function produce({ lease, board, executors, data, transfers }: AttemptOptions, directory: string): Promise<Produced> {
  const { job, logs, stop } = lease;
  const executor = executors.find(({ kinds }) => kinds.includes(job.kind));
  if (!executor) return failed("unsupported", `This runner has no executor for jobs of kind '${job.kind}'.`, { retryable: false });
  const tell = (change: () => void, isUrgent: boolean) => {
    const wasQuiet = logs.size === 0 && !lease.hasNewProgress;
    change();
    if (wasQuiet || isUrgent) board.beatBell.ring();
  };
  const context: AttemptContext = {
    job,
    directory,
    keepDirectory: data.keptDirectory(job.id),
    signal: stop.signal,
    log: (stream, line) => tell(() => logs.add(stream, line), stream === "event" && !logs.hasEvents),
    progress: (fraction, message) =>
      tell(() => {
        lease.progress = { fraction: Math.min(1, Math.max(0, fraction)), message: message === null ? null : cleanMessage(message) };
        lease.hasNewProgress = true;
      }, false),
    download: (id, path) => transfers.download(id, path, stop.signal),
  };
  return executor.run(context);
}

function cleanMessage(message: string): string {
  return message.slice(0, 1000).replaceAll("\u0000", "").toWellFormed();
}

/** The settle item, or null where the lease is lost and nothing may be said. */
async function conclude({ lease, transfers }: AttemptOptions, produced: Produced): Promise<SettleItem | null> {
  const { job, token, stop } = lease;
  const reason = () => (stop.signal.aborted ? (stop.signal.reason as StopReason) : undefined);
  if (reason() === "lost") return null;
  if (produced.outcome === "failed" && !stop.signal.aborted) return { leaseToken: token, ...pick(produced) };
  if (produced.outcome !== "completed") return stopped(token, reason() ?? "drain", produced.usage, job.timeoutSeconds);

  const uploads = new Map<string, UploadId>();
  try {
    for (const file of produced.files) uploads.set(file.name, (await transfers.upload(file, stop.signal)).id);
  } catch (error) {
    if (reason() === "lost") return null;
    if (stop.signal.aborted) return stopped(token, reason() ?? "drain", produced.usage, job.timeoutSeconds);
    const isFinal = error instanceof TransferRefused;
    return {
      leaseToken: token,
      ...pick(
        failed("upload_failed", `An artifact could not be uploaded: ${messageOf(error)}`, { retryable: !isFinal, usage: produced.usage }),
      ),
    };
  }
  const result = produced.result(uploads);
  const problem = jsonValueProblem(result ?? null);
  if (problem)
    return { leaseToken: token, ...pick(failed("bad_output", `The result ${problem}.`, { retryable: false, usage: produced.usage })) };
  return {
    leaseToken: token,
    outcome: "completed",
    result: result ?? null,
    usage: produced.usage,
    ...(uploads.size > 0 ? { artifacts: [...uploads].map(([name, uploadId]) => ({ name, uploadId })) } : {}),
  };
}

function stopped(leaseToken: string, reason: StopReason, usage: Produced["usage"], timeoutSeconds: number): SettleItem {
  switch (reason) {
    case "timeout":
      return {
        leaseToken,
        ...pick(failed("timeout", `The attempt ran longer than ${timeoutSeconds} s and was stopped.`, { retryable: true, usage })),
      };
    case "cancelled":
      return { leaseToken, ...pick(failed("cancelled", "The job was cancelled while it ran.", { retryable: false, usage })) };
    default:
      return { leaseToken, outcome: "released", usage };
  }
}

function pick(produced: Produced): Omit<SettleItem, "leaseToken"> {
  return produced.outcome === "failed"
    ? { outcome: "failed", error: produced.error, usage: produced.usage }
    : { outcome: "released", usage: produced.usage };
}
