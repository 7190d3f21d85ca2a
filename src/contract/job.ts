// Jobs on the wire: what is enqueued, what is read back, and everything hanging off a job.
import { z } from "zod";
import { JobId, UploadId } from "./ids.ts";
import { PageQuery, pageOf } from "./page.ts";
import { JsonValue, Name, text } from "./text.ts";
import { InstantInput, TEN_YEARS_SECONDS, Timestamp } from "./time.ts";
import { unbuilt } from "./unbuilt.ts";

export const JOB_STATES = ["scheduled", "queued", "running", "completed", "failed", "cancelled", "blocked"] as const;
export const JobState = z.enum(JOB_STATES).meta({ description: "Where the job stands.", example: "queued" });
export type JobState = z.infer<typeof JobState>;

export const MAX_BATCH_JOBS = 10_000;

/**
 * How long to wait before attempt n+1: exponential `min(base·2^(n−1), cap)`, linear `min(base·n, cap)`, fixed `base`;
 * with jitter multiplied by a random factor in [0.5, 1].
 */
export const Backoff = z
  .strictObject({
    type: z.enum(["exponential", "linear", "fixed"]).default("exponential").meta({ description: "Growth.", example: "exponential" }),
    baseSeconds: z.number().min(0).max(86_400).default(1).meta({ description: "First wait, seconds.", example: 1 }),
    capSeconds: z.number().min(0).max(604_800).default(60).meta({ description: "Longest wait, seconds.", example: 60 }),
    jitter: z.boolean().default(true).meta({ description: "Spread waits over [0.5, 1] of their length.", example: true }),
  })
  .meta({ id: "Backoff" });
export type Backoff = z.infer<typeof Backoff>;

const labels = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/), text(128))
  .refine((map) => Object.keys(map).length <= 32, "at most 32 labels");
export const Labels = labels.meta({ description: "Labels, name to value.", example: { zone: "lab" } });

/** What a runner must offer. Labels are matched today; GPUs, memory and models are answered `not_implemented`. */
export const Requires = z
  .strictObject({
    gpus: unbuilt(z.int().min(0).max(64).default(0), "requires.gpus", (value) => value === 0),
    vramMib: unbuilt(z.int().min(0).default(0), "requires.vramMib", (value) => value === 0),
    model: unbuilt(text(200).nullable().default(null), "requires.model", (value) => value === null),
    labels: Labels.default({}),
  })
  .meta({ id: "Requires" });
export type Requires = z.infer<typeof Requires>;

export const Tags = z
  .array(text(100, 1))
  .max(20)
  .meta({ description: "Up to 20 tags to find the job by.", example: ["nightly"] });

const jobFields = {
  queue: Name.default("default").meta({ description: "The queue's name.", example: "default" }),
  kind: Name.meta({ description: "Names the handler or executor.", example: "http" }),
  payload: JsonValue.default({}),
  priority: z.int().min(-100).max(100).default(0).meta({ description: "Higher runs first.", example: 0 }),
  runAt: InstantInput.nullish().meta({ description: "Earliest start. Not together with delaySeconds." }),
  delaySeconds: z.number().min(0).max(TEN_YEARS_SECONDS).nullish().meta({ description: "Earliest start, from now.", example: 30 }),
  maxAttempts: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: "Executions before the job fails for good. Default: the queue's.", example: 3 }),
  backoff: Backoff.optional(),
  timeoutSeconds: z.number().min(1).max(604_800).optional().meta({ description: "Longest attempt. Default: the queue's.", example: 3600 }),
  ttlSeconds: z.number().min(1).max(TEN_YEARS_SECONDS).nullish().meta({ description: "Fails unless it started by then.", example: 3600 }),
  uniqueKey: text(256, 1).nullish().meta({ description: "At most one unfinished job per queue and key.", example: "invoice-42" }),
  concurrencyKey: unbuilt(text(256, 1).nullish(), "concurrencyKey", (value) => value == null),
  tags: Tags.default([]),
  requires: Requires.optional(),
};

/** One job to enqueue. */
export const JobInput = z
  .strictObject(jobFields)
  .refine((job) => job.runAt == null || job.delaySeconds == null, {
    path: ["delaySeconds"],
    message: "give runAt or delaySeconds, not both",
  })
  .meta({
    id: "JobInput",
    description: "One job to enqueue.",
    example: { kind: "http", payload: { url: "https://example.org/hook", body: { hello: "world" } }, maxAttempts: 5, tags: ["nightly"] },
  });
export type JobInput = z.infer<typeof JobInput>;

export const JobBatchInput = z
  .strictObject({ jobs: z.array(JobInput).min(1).max(MAX_BATCH_JOBS) })
  .meta({ id: "JobBatchInput", description: "Up to 10,000 jobs, all or nothing." });
export type JobBatchInput = z.infer<typeof JobBatchInput>;

export const JobBatchResult = z.object({ items: z.array(z.object({ id: JobId, created: z.boolean() })) }).meta({ id: "JobBatchResult" });
export type JobBatchResult = z.infer<typeof JobBatchResult>;

/** Why an attempt or job failed. `code` is the executor's word or one of ours: lease_expired, timeout, ttl_expired, executor_crash … */
export const JobError = z
  .object({ code: z.string(), message: z.string(), retryable: z.boolean(), details: z.unknown().optional() })
  .meta({ id: "JobError", example: { code: "timeout", message: "The attempt ran longer than 3600 s.", retryable: true } });
export type JobError = z.infer<typeof JobError>;

/** What an attempt used. */
export const Usage = z
  .object({
    gpuSeconds: z.number().optional(),
    gpuUtilMean: z.number().optional(),
    peakVramBytes: z.number().optional(),
    energyJoules: z.number().optional(),
    cpuSeconds: z.number().optional(),
    gpus: z.array(z.string()).optional(),
    tokens: z.number().optional(),
  })
  .meta({ id: "Usage" });
export type Usage = z.infer<typeof Usage>;

export const Progress = z
  .object({
    fraction: z.number().meta({ description: "0 to 1.", example: 0.4 }),
    message: z.string().nullable().meta({ example: "step 4 of 10" }),
  })
  .meta({ id: "Progress" });
export type Progress = z.infer<typeof Progress>;

export const Job = z
  .object({
    id: JobId,
    queue: z.string().meta({ example: "default" }),
    kind: z.string().meta({ example: "http" }),
    state: JobState,
    priority: z.int().meta({ example: 0 }),
    payload: z.unknown(),
    result: z.unknown(),
    error: JobError.nullable(),
    attempt: z.int().meta({ description: "Attempts begun since it was enqueued or last retried by hand.", example: 1 }),
    maxAttempts: z.int().meta({ example: 3 }),
    progress: Progress,
    runAt: Timestamp,
    createdAt: Timestamp,
    startedAt: Timestamp.nullable(),
    finishedAt: Timestamp.nullable(),
    leaseExpiresAt: Timestamp.nullable(),
    cancelRequestedAt: Timestamp.nullable().meta({ description: "Set while a running job is being cancelled." }),
    runnerId: z.string().nullable(),
    uniqueKey: z.string().nullable(),
    concurrencyKey: z.string().nullable(),
    tags: z.array(z.string()),
    requires: z.object({ gpus: z.int(), vramMib: z.int(), model: z.string().nullable(), labels: z.record(z.string(), z.string()) }),
    backoff: z.object({
      type: z.enum(["exponential", "linear", "fixed"]),
      baseSeconds: z.number(),
      capSeconds: z.number(),
      jitter: z.boolean(),
    }),
    timeoutSeconds: z.number().meta({ example: 3600 }),
    ttlSeconds: z.number().nullable(),
    scheduleId: z.string().nullable(),
    flowId: z.string().nullable(),
    usage: Usage.nullable(),
  })
  .meta({ id: "Job" });
export type Job = z.infer<typeof Job>;

export const JobPage = pageOf(Job).meta({ id: "JobPage" });
export type JobPage = z.infer<typeof JobPage>;

const notYetFilter = (what: string) => unbuilt(z.string().optional(), what, (value) => value === undefined);

export const JobListQuery = PageQuery.extend({
  queue: Name.optional().meta({ description: "Only this queue.", example: "default" }),
  kind: Name.optional().meta({ description: "Only this kind.", example: "http" }),
  state: JobState.optional(),
  tag: text(100, 1).optional().meta({ description: "Only jobs with this tag.", example: "nightly" }),
  scheduleId: notYetFilter("the scheduleId filter"),
  flowId: notYetFilter("the flowId filter"),
  createdAfter: InstantInput.optional().meta({ description: "Created at or after." }),
  createdBefore: InstantInput.optional().meta({ description: "Created before." }),
  q: text(200, 1).optional().meta({ description: "Part of the id, kind, unique key, a tag, or the payload's text.", example: "invoice" }),
}).meta({ id: "JobListQuery" });
export type JobListQuery = z.infer<typeof JobListQuery>;

export const ATTEMPT_OUTCOMES = ["running", "completed", "failed", "cancelled", "lost", "timeout", "released"] as const;

export const Attempt = z
  .object({
    number: z.int().meta({ example: 1 }),
    outcome: z.enum(ATTEMPT_OUTCOMES).meta({ description: "`lost`: the lease ran out.", example: "completed" }),
    runnerId: z.string().nullable(),
    startedAt: Timestamp,
    finishedAt: Timestamp.nullable(),
    error: JobError.nullable(),
    usage: Usage.nullable(),
  })
  .meta({ id: "Attempt" });
export type Attempt = z.infer<typeof Attempt>;
export const AttemptList = z.object({ items: z.array(Attempt) }).meta({ id: "AttemptList", description: "Oldest first." });

export const LOG_STREAMS = ["stdout", "stderr", "event"] as const;
export const LogLine = z
  .object({
    seq: z.int().meta({ description: "Position in the job's log, over all attempts.", example: 17 }),
    at: Timestamp,
    stream: z.enum(LOG_STREAMS).meta({ description: "`event` lines are JSON.", example: "stdout" }),
    line: z.string().meta({ example: "epoch 3, loss 1.31" }),
  })
  .meta({ id: "LogLine" });
export type LogLine = z.infer<typeof LogLine>;
export const LogQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).meta({ description: "Only lines with a greater `seq`.", example: 0 }),
  limit: z.coerce.number().int().min(1).max(5000).default(1000).meta({ description: "At most so many lines.", example: 1000 }),
});
export type LogQuery = z.infer<typeof LogQuery>;
export const LogPage = z
  .object({ items: z.array(LogLine), nextAfter: z.int().meta({ description: "Pass as `after` for what comes next.", example: 17 }) })
  .meta({ id: "LogPage" });
export type LogPage = z.infer<typeof LogPage>;

export const Artifact = z
  .object({
    name: z.string().meta({ example: "model.json" }),
    uploadId: UploadId,
    contentType: z.string().meta({ example: "application/json" }),
    sizeBytes: z.int().meta({ example: 10_240 }),
    sha256: z.string(),
    createdAt: Timestamp,
  })
  .meta({ id: "Artifact" });
export type Artifact = z.infer<typeof Artifact>;
export const ArtifactList = z.object({ items: z.array(Artifact) }).meta({ id: "ArtifactList" });

export const ResultVersion = z
  .object({
    version: z.int().meta({ example: 1 }),
    result: z.unknown(),
    createdAt: Timestamp,
    editedBy: z.string().nullable().meta({ description: "The key that wrote it; null for the job itself." }),
  })
  .meta({ id: "ResultVersion" });
export type ResultVersion = z.infer<typeof ResultVersion>;
export const JobResult = z
  .object({
    result: z.unknown(),
    version: z.int(),
    versions: z.array(ResultVersion).meta({ description: "Earlier versions, newest first." }),
  })
  .meta({ id: "JobResult" });
export type JobResult = z.infer<typeof JobResult>;
export const ResultEdit = z
  .strictObject({
    result: JsonValue,
    version: z.int().min(1).optional().meta({ description: "Refuse with 409 unless this is the current version.", example: 1 }),
  })
  .meta({ id: "ResultEdit" });
export type ResultEdit = z.infer<typeof ResultEdit>;

export const WAIT_REASONS = [
  "queue_paused",
  "concurrency",
  "concurrency_key",
  "rate_limit",
  "run_at",
  "parents",
  "no_runner",
  "no_gpu_with_vram",
  "behind",
] as const;
export const Explanation = z
  .object({ state: JobState, waitingFor: z.array(z.object({ reason: z.enum(WAIT_REASONS), detail: z.string() })) })
  .meta({
    id: "Explanation",
    example: { state: "queued", waitingFor: [{ reason: "queue_paused", detail: "Queue 'mail' is paused; resume it to go on." }] },
  });
export type Explanation = z.infer<typeof Explanation>;
