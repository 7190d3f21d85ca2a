// A model as its train job tells of it.
import type { Job } from "../../contract/job.ts";

export interface TrainedModel {
  name: string;
  /** Null until the job is completed. */
  modelId: string | null;
  perplexity: number | null;
  job: Job;
}

export function modelOf(job: Job): TrainedModel {
  const result = fields(job.result);
  const name = result.name ?? fields(job.payload).name;
  return {
    name: typeof name === "string" && name !== "" ? name : `model ${job.id.slice(-6)}`,
    modelId: typeof result.modelId === "string" ? result.modelId : null,
    perplexity: typeof result.perplexity === "number" ? result.perplexity : null,
    job,
  };
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
