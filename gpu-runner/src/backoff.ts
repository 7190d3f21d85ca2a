// Waiting between tries: twice as long each time, never all runners at once, and no longer than the server asked for.
import { ApiError } from "../../src/client/index.ts";
import { type Bell, createBell, pause } from "./pause.ts";

export interface Backoff {
  /** Waits before the next try; `error` is why the last one failed. */
  wait(error: unknown, signal?: AbortSignal): Promise<void>;
  reset(): void;
}

const FIRST_MS = 250;
const LONGEST_MS = 30_000;
/** A wrong or revoked key gets better only by somebody's hand. */
const REFUSED_MS = 30_000;

/** @param bell cuts a wait short when it rings, unless the server asked for it. */
export function createBackoff({ longestMs = LONGEST_MS, bell = createBell() }: { longestMs?: number; bell?: Bell } = {}): Backoff {
  let nextMs = FIRST_MS;
  return {
    async wait(error, signal) {
      const asked = error instanceof ApiError && error.retryAfterSeconds !== undefined ? error.retryAfterSeconds * 1000 : 0;
      const base = isRefusal(error) ? REFUSED_MS : nextMs;
      nextMs = Math.min(nextMs * 2, longestMs);
      const waitMs = base * (0.5 + Math.random() / 2);
      if (asked > 0 || isRefusal(error)) await pause(Math.max(asked, waitMs), signal);
      else await bell.wait(waitMs, signal);
    },
    reset() {
      nextMs = FIRST_MS;
    },
  };
}

export function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 401 || error.status === 403);
}
