// How many more leases the runner wants now, and the acquire request that says so.
import type { input } from "zod";
import type { AcquireInput } from "../../src/contract/lease.ts";
import type { Board } from "./board.ts";
import type { Prefetch } from "./prefetch.ts";

export interface Capacity {
  /** Stops wanting for good: the runner is draining. */
  close(): void;
  readonly isClosed: boolean;
  /** Leases to ask for, those asked for already not counted. */
  wanted(): number;
  /** Counts `max` leases as asked for until `answer` is there. */
  asking<Answer>(max: number, answer: Promise<Answer>): Promise<Answer>;
  acquireInput(max: number, waitSeconds: number): input<typeof AcquireInput>;
}

export interface CapacityOptions {
  board: Board;
  prefetch: Prefetch;
  request: { runnerId: string; queues: string[]; kinds: string[]; leaseSeconds: number; labels: Record<string, string> };
}

export function createCapacity({ board, prefetch, request }: CapacityOptions): Capacity {
  let isClosed = false;
  let asked = 0;
  return {
    async asking(max, answer) {
      asked += max;
      try {
        return await answer;
      } finally {
        asked -= max;
      }
    },
    close() {
      isClosed = true;
    },
    get isClosed() {
      return isClosed;
    },
    wanted() {
      if (isClosed) return 0;
      const running = board.inPhase("running");
      const coming = board.count("waiting") + asked;
      const free = board.concurrency - running.length - coming;
      if (free > 0) return free;
      return free === 0 && coming === 0 && prefetch.expectsFreeSlot(running, performance.now()) ? 1 : 0;
    },
    acquireInput: (max, waitSeconds) => ({ ...request, max, waitSeconds }),
  };
}
