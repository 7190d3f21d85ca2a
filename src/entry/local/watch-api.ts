// Asks the API for its health: the first request to a workerd process wakes the resident, and one that stays unanswered
// says that the process hangs.
import { setTimeout as sleep } from "node:timers/promises";

const READY_LIMIT_MILLISECONDS = 60_000;
const FIRST_WAIT_MILLISECONDS = 10;
const WATCH_MILLISECONDS = 10_000;
const ANSWER_MILLISECONDS = 10_000;
/** Unanswered so often in a row, it is ended and started again. */
const MAX_UNANSWERED = 3;

/** Resolves when every part is ready; throws after `READY_LIMIT_MILLISECONDS`, or once `isHopeless`, with what the last answer said. */
export async function waitUntilReady(baseUrl: string, isHopeless: () => boolean): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MILLISECONDS;
  let last = "it does not answer";
  for (let wait = FIRST_WAIT_MILLISECONDS; Date.now() < deadline && !isHopeless(); wait = Math.min(wait * 1.5, 250)) {
    try {
      const response = await fetch(`${baseUrl}/health/ready`, { signal: AbortSignal.timeout(ANSWER_MILLISECONDS) });
      if (response.ok) return;
      last = await response.text();
    } catch (error) {
      last = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    }
    await sleep(wait);
  }
  throw new Error(last);
}

/** Watches until `signal` aborts; `onHang` is called when the process takes connections but answers nothing. */
export async function watchApi(baseUrl: string, options: { signal: AbortSignal; onHang: () => void }): Promise<void> {
  let unanswered = 0;
  while (!options.signal.aborted) {
    await sleep(WATCH_MILLISECONDS, undefined, { signal: options.signal }).catch(() => {});
    if (options.signal.aborted) return;
    try {
      // Not /health, which any isolate answers: this one goes through the resident, and wakes it after a restart.
      await (await fetch(`${baseUrl}/health/ready`, { signal: AbortSignal.timeout(ANSWER_MILLISECONDS) })).arrayBuffer();
      unanswered = 0;
    } catch (error) {
      // A refused connection is a process that is being started again already.
      unanswered = error instanceof DOMException && error.name === "TimeoutError" ? unanswered + 1 : 0;
      if (unanswered >= MAX_UNANSWERED) {
        unanswered = 0;
        options.onHang();
      }
    }
  }
}
