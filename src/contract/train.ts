// The documented names from the seeds: train a model, generate text, ask for a status.
import { z } from "zod";
import { JobId, UploadId } from "./ids.ts";
import { text } from "./text.ts";

export const GPU_QUEUE = "gpu";

/** Options of the built-in `ngram` engine. */
export const NgramOptions = z
  .strictObject({
    order: z.int().min(1).max(8).default(4).meta({ description: "Longest n-gram, in tokens.", example: 4 }),
    unit: z.enum(["word", "char"]).default("word").meta({ description: "What a token is.", example: "word" }),
    heldOutFraction: z
      .number()
      .min(0.01)
      .max(0.5)
      .default(0.1)
      .meta({ description: "Share of the text kept for measuring perplexity.", example: 0.1 }),
    minCount: z.int().min(1).max(100).default(1).meta({ description: "N-grams rarer than this are dropped from the model.", example: 1 }),
  })
  .meta({ id: "NgramOptions" });
export type NgramOptions = z.infer<typeof NgramOptions>;

export const TrainInput = z
  .strictObject({
    datasetUploadId: UploadId,
    name: text(100, 1).optional().meta({ description: "A name for the model.", example: "my-book" }),
    engine: z
      .enum(["ngram"])
      .default("ngram")
      .meta({ description: "`ngram`: an interpolated n-gram language model, trained on the CPU.", example: "ngram" }),
    options: NgramOptions.prefault({}),
  })
  .meta({ id: "TrainInput" });
export type TrainInput = z.infer<typeof TrainInput>;

export const GenerateInput = z
  .strictObject({
    modelId: UploadId.meta({ description: "`result.modelId` of a train job." }),
    prompt: text(10_000).meta({ example: "It was the best of times" }),
    maxTokens: z.int().min(1).max(4096).default(200).meta({ example: 200 }),
    temperature: z.number().min(0).max(5).default(0.8).meta({ description: "0 always takes the likeliest token.", example: 0.8 }),
    seed: z.int().min(0).max(4_294_967_295).optional().meta({ description: "Same seed, same text.", example: 7 }),
  })
  .meta({ id: "GenerateInput" });
export type GenerateInput = z.infer<typeof GenerateInput>;

export const Accepted = z.object({ jobId: JobId }).meta({ id: "Accepted" });
export const Status = z
  .object({
    jobId: JobId,
    status: z.string().meta({ example: "running" }),
    progress: z.number().meta({ description: "0 to 1.", example: 0.5 }),
  })
  .meta({ id: "Status" });
