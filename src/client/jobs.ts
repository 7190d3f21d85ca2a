// Everything about jobs: enqueue, look, cancel, retry, and what hangs off a job.
import type { input } from "zod";
import type { Id, JobId } from "../contract/ids.ts";
import type {
  ArtifactList,
  AttemptList,
  Explanation,
  Job,
  JobBatchInput,
  JobBatchResult,
  JobInput,
  JobListQuery,
  JobPage,
  JobResult,
  LogPage,
  LogQuery,
  ResultEdit,
} from "../contract/job.ts";
import type { GenerateInput, Status, TrainInput } from "../contract/train.ts";
import type { CallOptions, QueryValue, Transport } from "./transport.ts";

/** How a job is put in. `input` types: what has a default may be left out. */
export interface EnqueueOptions extends CallOptions {
  /** Answer when the job is terminal, or after so many seconds (≤ 60). */
  waitSeconds?: number | undefined;
  /** Safe to send again for 24 hours. */
  idempotencyKey?: string | undefined;
}

type Infer<Schema extends { _output: unknown }> = Schema["_output"];

export function jobs(transport: Transport) {
  const path = (id: JobId, rest = "") => `/api/v1/jobs/${encodeURIComponent(id)}${rest}`;
  return {
    enqueue: (job: input<typeof JobInput>, options: EnqueueOptions = {}) =>
      transport.call<Job>("POST", "/api/v1/jobs", { json: job, headers: enqueueHeaders(options), signal: options.signal }),
    /** Up to 10,000 jobs, all or nothing; answers in order. */
    enqueueBatch: (batch: input<typeof JobBatchInput>, options: EnqueueOptions = {}) =>
      transport.call<JobBatchResult>("POST", "/api/v1/jobs/batch", {
        json: batch,
        headers: enqueueHeaders(options),
        signal: options.signal,
      }),
    get: (id: JobId, options: CallOptions = {}) => transport.call<Job>("GET", path(id), options),
    list: (query: Partial<JobListQuery> = {}, options: CallOptions = {}) =>
      transport.call<JobPage>("GET", "/api/v1/jobs", { ...options, query: query as Record<string, QueryValue> }),
    cancel: (id: JobId, options: CallOptions = {}) => transport.call<Job>("POST", path(id, "/cancel"), options),
    /** Failed or cancelled: back to queued, attempts start again. */
    retry: (id: JobId, options: CallOptions = {}) => transport.call<Job>("POST", path(id, "/retry"), options),
    /** Scheduled: queued now. */
    promote: (id: JobId, options: CallOptions = {}) => transport.call<Job>("POST", path(id, "/promote"), options),
    attempts: (id: JobId, options: CallOptions = {}) => transport.call<Infer<typeof AttemptList>>("GET", path(id, "/attempts"), options),
    logs: (id: JobId, query: Partial<LogQuery> = {}, options: CallOptions = {}) =>
      transport.call<LogPage>("GET", path(id, "/logs"), { ...options, query }),
    artifacts: (id: JobId, options: CallOptions = {}) => transport.call<Infer<typeof ArtifactList>>("GET", path(id, "/artifacts"), options),
    result: (id: JobId, options: CallOptions = {}) => transport.call<JobResult>("GET", path(id, "/result"), options),
    editResult: (id: JobId, edit: ResultEdit, options: CallOptions = {}) =>
      transport.call<JobResult>("PUT", path(id, "/result"), { ...options, json: edit }),
    explain: (id: JobId, options: CallOptions = {}) => transport.call<Explanation>("GET", path(id, "/explain"), options),
    /** The documented names: a `train` or `generate` job on the queue `gpu`. */
    train: (train: input<typeof TrainInput>, options: CallOptions = {}) =>
      transport.call<{ jobId: Id<"job"> }>("POST", "/api/train", { ...options, json: train }),
    generate: (generate: input<typeof GenerateInput>, options: CallOptions = {}) =>
      transport.call<{ jobId: Id<"job"> }>("POST", "/api/generate", { ...options, json: generate }),
    status: (id: JobId, options: CallOptions = {}) =>
      transport.call<Infer<typeof Status>>("GET", `/api/status/${encodeURIComponent(id)}`, options),
  };
}

function enqueueHeaders({ waitSeconds, idempotencyKey }: EnqueueOptions): Record<string, string> {
  return {
    ...(waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` }),
    ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
  };
}
