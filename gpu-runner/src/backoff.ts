// Waiting between tries: twice as long each time, never all runners at once, and no longer than the server asked for.
import { ApiError } from "../../src/client/index.ts";
import { pause } from "./pause.ts";

export interface Backoff {
  /** Waits before the next try; `error` is why the last one failed. */
  wait(error: unknown, signal?: AbortSignal): Promise<void>;
  reset(): void;
}

const FIRST_MS = 250;
const LONGEST_MS = 30_000;
/** A wrong or revoked key gets better only by somebody's hand. */
const REFUSED_MS = 30_000;

export function createBackoff({ firstMs = FIRST_MS, longestMs = LONGEST_MS } = {}): Backoff {
  let nextMs = firstMs;
  return {
    async wait(error, signal) {
      const asked = error instanceof ApiError && error.retryAfterSeconds !== undefined ? error.retryAfterSeconds * 1000 : 0;
      const base = isRefusal(error) ? REFUSED_MS : nextMs;
      nextMs = Math.min(nextMs * 2, longestMs);
      await pause(Math.max(asked, base * (0.5 + Math.random() / 2)), signal);
    },
    reset() {
      nextMs = firstMs;
    },
  };
}

export function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 401 || error.status === 403);
}
