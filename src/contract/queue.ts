// Queues on the wire: policy, and what is going on in them.
import { z } from "zod";
import { Backoff } from "./job.ts";
import { unbuilt } from "./unbuilt.ts";

export const QueueMode = z
  .enum(["push", "pull"])
  .meta({ description: "`push`: the Worker's consumers run its jobs. `pull`: runners lease them.", example: "pull" });

const RateLimit = z.strictObject({ limit: z.int().min(1), perSeconds: z.number().min(0.001) });
const MAX_RETENTION_SECONDS = 31_536_000;

/** `PUT /queues/{name}`: what is left out keeps its value. */
export const QueueInput = z
  .strictObject({
    mode: QueueMode.optional(),
    concurrency: z.int().min(1).max(100_000).nullish().meta({ description: "Running jobs at most; null for no limit.", example: 4 }),
    rateLimit: unbuilt(RateLimit.nullish(), "rateLimit", (value) => value == null),
    paused: z.boolean().optional().meta({ description: "Hands out no leases while true.", example: false }),
    defaults: z
      .strictObject({
        maxAttempts: z.int().min(1).max(100).optional(),
        backoff: Backoff.optional(),
        timeoutSeconds: z.number().min(1).max(604_800).optional(),
      })
      .optional()
      .meta({ description: "For jobs that do not say." }),
    retentionSeconds: z
      .int()
      .min(60)
      .max(MAX_RETENTION_SECONDS)
      .optional()
      .meta({ description: "Finished jobs are kept so long.", example: 604_800 }),
  })
  .meta({ id: "QueueInput" });
export type QueueInput = z.infer<typeof QueueInput>;

const counts = z.object({
  scheduled: z.int(),
  queued: z.int(),
  running: z.int(),
  blocked: z.int(),
  completed: z.int(),
  failed: z.int(),
  cancelled: z.int(),
});

export const Queue = z
  .object({
    name: z.string().meta({ example: "default" }),
    mode: QueueMode,
    concurrency: z.int().nullable(),
    rateLimit: z.object({ limit: z.int(), perSeconds: z.number() }).nullable(),
    paused: z.boolean(),
    defaults: z.object({
      maxAttempts: z.int(),
      backoff: z.object({
        type: z.enum(["exponential", "linear", "fixed"]),
        baseSeconds: z.number(),
        capSeconds: z.number(),
        jitter: z.boolean(),
      }),
      timeoutSeconds: z.number(),
    }),
    retentionSeconds: z.int(),
    counts,
  })
  .meta({ id: "Queue" });
export type Queue = z.infer<typeof Queue>;
export const QueueList = z.object({ items: z.array(Queue) }).meta({ id: "QueueList" });

const Percentiles = z.object({ p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable() });
export const QueueStats = z
  .object({
    counts,
    oldestQueuedSeconds: z.number().nullable().meta({ description: "Age of the job that has been ready longest.", example: 1.5 }),
    lastHour: z.object({
      finished: z.int(),
      perSecond: z.number(),
      waitSeconds: Percentiles,
      runSeconds: Percentiles,
      sampled: z.boolean().meta({ description: "True where only the newest 50,000 finished jobs were read.", example: false }),
    }),
  })
  .meta({ id: "QueueStats" });
export type QueueStats = z.infer<typeof QueueStats>;
