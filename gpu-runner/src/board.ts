// What the runner holds: its leases, each with its phase, and how much more work it wants. The loops meet here.
import type { Job } from "../../src/contract/job.ts";
import type { Lease } from "../../src/contract/lease.ts";
import { createLogBuffer, type LogBuffer } from "./log-buffer.ts";
import { type Bell, createBell } from "./pause.ts";

/** Why a running attempt is stopped before its end. */
export type StopReason = "cancelled" | "timeout" | "lost" | "drain";

/**
 * waiting (prefetched) → running (in a slot) → finishing (slot free; uploading, writing its result down) → gone.
 * A gone lease is the spool's to settle.
 */
export const PHASES = ["waiting", "running", "finishing"] as const;
export type Phase = (typeof PHASES)[number];

export interface HeldLease {
  readonly token: string;
  readonly job: Job;
  phase: Phase;
  /** performance.now() until which the lease is certainly ours. */
  validUntil: number;
  readonly heldSince: number;
  startedAt: number;
  readonly logs: LogBuffer;
  progress: { fraction: number; message: string | null } | undefined;
  hasNewProgress: boolean;
  /** The heartbeat that carries log lines of this lease just now. */
  logsInFlight: Promise<unknown> | undefined;
  readonly stop: AbortController;
}

export interface Board {
  readonly leases: ReadonlyMap<string, HeldLease>;
  readonly concurrency: number;
  /** Rings for the lease loop when it may want more. */
  readonly wantBell: Bell;
  /** Rings for the heartbeat loop when there is something to tell. */
  readonly beatBell: Bell;
  /** Called after every change; starts what can be started. */
  onChange: () => void;
  add(lease: Lease, requestedAt: number): HeldLease;
  setPhase(lease: HeldLease, phase: Phase): void;
  remove(lease: HeldLease): void;
  count(phase: Phase): number;
  inPhase(phase: Phase): HeldLease[];
  stop(lease: HeldLease, reason: StopReason): void;
}

export function createBoard({ concurrency, leaseSeconds }: { concurrency: number; leaseSeconds: number }): Board {
  const leases = new Map<string, HeldLease>();
  const changed = () => {
    board.onChange();
    board.wantBell.ring();
    board.beatBell.ring();
  };
  const inPhase = (phase: Phase) => [...leases.values()].filter((lease) => lease.phase === phase);

  const board: Board = {
    leases,
    concurrency,
    wantBell: createBell(),
    beatBell: createBell(),
    onChange: () => undefined,
    add({ leaseToken, job }, requestedAt) {
      const lease: HeldLease = {
        token: leaseToken,
        job,
        phase: "waiting",
        validUntil: requestedAt + leaseSeconds * 1000,
        heldSince: performance.now(),
        startedAt: 0,
        logs: createLogBuffer(),
        progress: undefined,
        hasNewProgress: false,
        logsInFlight: undefined,
        stop: new AbortController(),
      };
      leases.set(leaseToken, lease);
      changed();
      return lease;
    },
    setPhase(lease, phase) {
      lease.phase = phase;
      changed();
    },
    remove(lease) {
      leases.delete(lease.token);
      changed();
    },
    count: (phase) => inPhase(phase).length,
    inPhase,
    stop(lease, reason) {
      if (lease.stop.signal.aborted) return;
      lease.stop.abort(reason);
      changed();
    },
  };
  return board;
}
