// The runner protocol: acquire, heartbeat, settle. Everything is a batch; every write names its lease token.
import { z } from "zod";
import { UploadId } from "./ids.ts";
import { Job, Labels, LOG_STREAMS } from "./job.ts";
import { JsonValue, Name, text } from "./text.ts";
import { InstantInput, Timestamp } from "./time.ts";

export const DEFAULT_LEASE_SECONDS = 60;
export const MAX_LEASES = 1000;

export const RunnerName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "expected 1–128 letters, digits, '.', '_' or '-'")
  .meta({ description: "The runner's own id, stable over its restarts.", example: "run_01kaj7zqv5fd8tqb5x1v2m3n4p" });

/** Opaque to runners; one that was never ours is answered like one that was lost. */
export const LeaseToken = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: "The fencing token of one attempt.", example: "lease_01kaj7zqv5fd8tqb5x1v2m3n4p01kaj7zqv5fd8tqb5x1v2m3n4p" });

export const Capacity = z
  .strictObject({
    gpus: z
      .array(
        z.strictObject({
          uuid: text(100, 1),
          name: text(200),
          vramTotalMib: z.number().min(0),
          vramFreeMib: z.number().min(0),
          loadedModels: z.array(text(200)).max(100).default([]),
        }),
      )
      .max(64),
  })
  .meta({ id: "Capacity" });

export const AcquireInput = z
  .strictObject({
    runnerId: RunnerName,
    queues: z
      .array(Name)
      .min(1)
      .max(100)
      .meta({ description: "Queues to take from.", example: ["default"] }),
    kinds: z
      .array(Name)
      .min(1)
      .max(100)
      .optional()
      .meta({ description: "Only these kinds.", example: ["train"] }),
    max: z.int().min(1).max(MAX_LEASES).default(1).meta({ description: "At most so many leases.", example: 10 }),
    leaseSeconds: z
      .int()
      .min(5)
      .max(3600)
      .default(DEFAULT_LEASE_SECONDS)
      .meta({ description: "Length of each lease until a heartbeat.", example: 60 }),
    waitSeconds: z
      .number()
      .min(0)
      .max(25)
      .default(0)
      .meta({ description: "Hold the request until there is work, at most so long.", example: 25 }),
    capacity: Capacity.optional(),
    labels: Labels.optional().meta({ description: "Matched against each job's `requires.labels`." }),
  })
  .meta({ id: "AcquireInput" });
export type AcquireInput = z.infer<typeof AcquireInput>;

export const Lease = z.object({ leaseToken: LeaseToken, expiresAt: Timestamp, job: Job }).meta({ id: "Lease" });
export type Lease = z.infer<typeof Lease>;

export const AcquireResult = z
  .object({
    leases: z.array(Lease),
    drain: z.boolean().meta({ description: "Take no more work, finish what you have, exit.", example: false }),
  })
  .meta({ id: "AcquireResult" });
export type AcquireResult = z.infer<typeof AcquireResult>;

export const LogInput = z.strictObject({
  seq: z.int().min(1).max(999_999_999).meta({ description: "1, 2, 3 … within the attempt; a line sent twice is stored once.", example: 1 }),
  at: InstantInput,
  stream: z.enum(LOG_STREAMS),
  line: text(65_536),
});

export const HeartbeatInput = z
  .strictObject({
    runnerId: RunnerName,
    leases: z
      .array(
        z.strictObject({
          leaseToken: LeaseToken,
          progress: z.strictObject({ fraction: z.number().min(0).max(1), message: text(1000).nullish() }).optional(),
          logs: z.array(LogInput).max(5000).optional(),
        }),
      )
      .max(MAX_LEASES),
    metrics: z.record(z.string(), z.unknown()).optional().meta({ description: "Whatever the runner wants shown of itself." }),
  })
  .meta({ id: "HeartbeatInput" });
export type HeartbeatInput = z.infer<typeof HeartbeatInput>;

const tokens = (description: string) => z.array(LeaseToken).meta({ description });
export const HeartbeatResult = z
  .object({
    extended: tokens("Leases that live on."),
    cancelled: tokens("Stop these and settle them; they are not extended for work."),
    lost: tokens("No longer yours: stop, write nothing more."),
    drain: z.boolean(),
    nextHeartbeatSeconds: z.number().meta({ example: 20 }),
  })
  .meta({ id: "HeartbeatResult" });
export type HeartbeatResult = z.infer<typeof HeartbeatResult>;

export const SETTLE_OUTCOMES = ["completed", "failed", "released"] as const;

export const SettleItem = z.strictObject({
  leaseToken: LeaseToken,
  outcome: z.enum(SETTLE_OUTCOMES).meta({ description: "`released` gives the attempt back.", example: "completed" }),
  result: JsonValue.optional(),
  error: z
    .strictObject({ code: text(100, 1), message: text(10_000), retryable: z.boolean().default(true), details: JsonValue.optional() })
    .optional()
    .meta({ description: "With `failed`; `retryable: false` is final." }),
  usage: z
    .strictObject({
      gpuSeconds: z.number().min(0).optional(),
      gpuUtilMean: z.number().min(0).optional(),
      peakVramBytes: z.number().min(0).optional(),
      energyJoules: z.number().min(0).optional(),
      cpuSeconds: z.number().min(0).optional(),
      gpus: z.array(text(100)).max(64).optional(),
      tokens: z.number().min(0).optional(),
    })
    .optional(),
  artifacts: z
    .array(z.strictObject({ name: text(255, 1), uploadId: UploadId }))
    .max(1000)
    .optional(),
});
export type SettleItem = z.infer<typeof SettleItem>;

export const SettleInput = z
  .strictObject({ runnerId: RunnerName, items: z.array(SettleItem).max(MAX_LEASES), acquire: AcquireInput.optional() })
  .meta({ id: "SettleInput" });
export type SettleInput = z.infer<typeof SettleInput>;

export const SettleResult = z
  .object({
    items: z.array(
      z.object({
        leaseToken: LeaseToken,
        status: z.enum(["ok", "lease_lost", "cancelled"]),
        state: z
          .string()
          .nullable()
          .meta({ description: "The job's state now; null for a job that is not yours to see.", example: "completed" }),
      }),
    ),
    leases: z.array(Lease).optional().meta({ description: "With `acquire`: the next batch." }),
    drain: z.boolean().optional(),
  })
  .meta({ id: "SettleResult" });
export type SettleResult = z.infer<typeof SettleResult>;
