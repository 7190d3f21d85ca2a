// Delivers spooled results, oldest first and in batches, for as long as it takes; the same request brings the next lease.
import { ApiError, type Client } from "../../src/client/index.ts";
import { createBackoff, isRefusal } from "./backoff.ts";
import type { Board } from "./board.ts";
import type { Capacity } from "./capacity.ts";
import { type Log, messageOf } from "./log.ts";
import type { Bell } from "./pause.ts";
import type { Spool, SpoolEntry } from "./spool.ts";

const MAX_BATCH = 50;
/** The API's limit is 8 MiB for a body; a result is at most 256 KiB. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const LOG_LINES_A_REQUEST = 2000;
const REQUEST_DEADLINE_MS = 30_000;
const IDLE_LOOK_MS = 60_000;
const LONGEST_REASON = 2000;
/** When the API is back, the result has to be there before the server gives up its lease. */
const LONGEST_WAIT_MS = 5000;

export interface SettleLoopOptions {
  client: Client;
  board: Board;
  capacity: Capacity;
  spool: Spool;
  runnerId: string;
  log: Log;
  /** Rings when something was spooled. */
  bell: Bell;
  /** Rings when the API has answered somebody else: worth a try at once. */
  contactBell: Bell;
  /** Told when the next delivery no longer is about to happen: it failed and waits. */
  onTrouble: () => void;
  onDelivered: (entry: SpoolEntry, status: string) => void;
  onDrain: () => void;
  signal: AbortSignal;
}

export async function runSettleLoop(options: SettleLoopOptions): Promise<void> {
  const { spool, bell, contactBell, log, onTrouble, signal } = options;
  const backoff = createBackoff({ longestMs: LONGEST_WAIT_MS, bell: contactBell });
  while (!signal.aborted) {
    if (spool.size === 0) {
      await bell.wait(IDLE_LOOK_MS, signal);
      continue;
    }
    const batch = nextBatch(spool);
    try {
      await deliver(options, batch);
      backoff.reset();
    } catch (error) {
      if (signal.aborted) return;
      onTrouble();
      if (error instanceof ApiError && !error.isTemporary && !isRefusal(error)) {
        await refused(options, batch, error);
        continue;
      }
      log.warn("results cannot be delivered yet; they are safe on disk", { results: spool.size, reason: messageOf(error) });
      await backoff.wait(error, signal);
    }
  }
}

function nextBatch(spool: Spool): SpoolEntry[] {
  const batch: SpoolEntry[] = [];
  let bytes = 0;
  for (const entry of spool.entries()) {
    bytes += JSON.stringify(entry.item).length;
    if (batch.length > 0 && (batch.length === MAX_BATCH || bytes > MAX_BATCH_BYTES)) break;
    batch.push(entry);
  }
  return batch;
}

async function deliver(
  { client, board, capacity, spool, runnerId, log, onDelivered, onDrain, signal }: SettleLoopOptions,
  batch: SpoolEntry[],
): Promise<void> {
  const call = () => ({ signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_DEADLINE_MS)]) });
  for (const entry of batch) await deliverLogs(client, runnerId, entry, call);

  const wanted = capacity.wanted();
  const requestedAt = performance.now();
  const items = batch.map((entry) => entry.item);
  const body = { runnerId, items, ...(wanted > 0 ? { acquire: capacity.acquireInput(wanted, 0) } : {}) };
  const answer = await capacity.asking(wanted, client.leases.settle(body, call()));
  // New work first: it starts while the disk is tidied.
  for (const lease of answer.leases ?? []) board.add(lease, requestedAt);
  if (answer.drain) onDrain();
  for (const { leaseToken, status, state } of answer.items) {
    const entry = batch.find(({ item }) => item.leaseToken === leaseToken);
    if (!entry) continue;
    if (status === "lease_lost")
      log.warn("a result came too late: its lease was lost, the result is dropped", { jobId: entry.jobId, state });
    onDelivered(entry, status);
    await spool.remove(entry);
  }
}

/** Logs that no heartbeat took along. What the API refuses is dropped: the result matters more. */
async function deliverLogs(client: Client, runnerId: string, entry: SpoolEntry, call: () => { signal: AbortSignal }): Promise<void> {
  while (entry.logs.length > 0) {
    const logs = entry.logs.slice(0, LOG_LINES_A_REQUEST);
    try {
      await client.leases.heartbeat({ runnerId, leases: [{ leaseToken: entry.item.leaseToken, logs }] }, call());
    } catch (error) {
      if (!(error instanceof ApiError) || error.isTemporary || isRefusal(error)) throw error;
    }
    entry.logs.splice(0, logs.length);
  }
}

/** The API will never take this request. One by one finds the result at fault; that job then fails, saying why. */
async function refused(options: SettleLoopOptions, batch: SpoolEntry[], error: ApiError): Promise<void> {
  const { spool, log, signal } = options;
  const [entry] = batch;
  if (!entry || signal.aborted) return;
  if (batch.length > 1) {
    for (const one of batch) {
      try {
        await deliver(options, [one]);
      } catch (oneError) {
        if (!(oneError instanceof ApiError) || oneError.isTemporary || isRefusal(oneError)) return; // the loop waits and comes back
        await refused(options, [one], oneError);
      }
    }
    return;
  }
  const isSecondRefusal = entry.item.error?.code === "result_rejected";
  if (isSecondRefusal) {
    log.error("the API refuses to settle a job in any way; its result is set aside in the spool's folder 'rejected'", {
      jobId: entry.jobId,
      reason: error.message,
    });
    await spool.reject(entry);
    return;
  }
  log.error("the API refuses a result; the job is settled as failed", { jobId: entry.jobId, reason: error.message });
  const message = `The API refused the result: ${error.message}`.slice(0, LONGEST_REASON);
  await spool.put({
    ...entry,
    logs: [],
    item: { leaseToken: entry.item.leaseToken, outcome: "failed", error: { code: "result_rejected", message, retryable: false } },
  });
}
