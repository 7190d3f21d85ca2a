// Jobs of the kinds train and generate: moves files in and out, and has the ngram executor process do the work.
import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GenerateInput, TrainInput } from "../../../src/contract/train.ts";
import { TransferRefused } from "../transfers.ts";
import { createChildPool } from "./child-pool.ts";
import type { RunEnd } from "./child-process.ts";
import { type AttemptContext, badPayload, type Executor, failed, type Produced } from "./executor.ts";
import { createModelStore } from "./model-store.ts";

export interface NgramExecutorOptions {
  modelsDirectory: string;
  memoryMib: number;
  environment: Record<string, string | undefined>;
  onRestart: () => void;
}

const MAIN = fileURLToPath(new URL("../../executors/ngram/main.ts", import.meta.url));
const MODEL = "model.ngram.gz";
const SEEDS = 2 ** 32;

export function createNgramExecutor({ modelsDirectory, memoryMib, environment, onRestart }: NgramExecutorOptions): Executor {
  const env = Object.fromEntries(
    ["PATH", "HOME", "LANG"].flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
  const pool = createChildPool({ argv: [process.execPath, MAIN], env, onRestart });
  const models = createModelStore(modelsDirectory);

  async function train(context: AttemptContext): Promise<Produced> {
    const payload = TrainInput.safeParse(context.job.payload);
    if (!payload.success) return badPayload("train", payload.error.issues);
    const { datasetUploadId, name = null, engine, options } = payload.data;
    await mkdir(context.keepDirectory, { recursive: true });
    const textPath = join(context.keepDirectory, "dataset");
    if (!existsSync(textPath)) {
      const problem = await fetched(context, () => context.download(datasetUploadId, textPath), {
        code: "dataset_not_found",
        what: `The dataset ${datasetUploadId}`,
      });
      if (problem) return problem;
    }
    const modelPath = join(context.directory, MODEL);
    const end = await run(context, { textPath, modelPath, checkpointDir: context.keepDirectory, name, options, memoryMib });
    if (end.how !== "done") return unfinished(end);
    const report = end.output as Record<string, unknown>;
    return {
      outcome: "completed",
      result: (uploads) => ({ modelId: uploads.get(MODEL), name, engine, ...report }),
      files: [{ name: MODEL, path: modelPath, contentType: "application/gzip" }],
      usage: end.usage,
    };
  }

  async function generate(context: AttemptContext): Promise<Produced> {
    const payload = GenerateInput.safeParse(context.job.payload);
    if (!payload.success) return badPayload("generate", payload.error.issues);
    const { modelId, prompt, maxTokens, temperature, seed = randomInt(SEEDS) } = payload.data;
    let modelPath = "";
    const fetchModel = async () => {
      modelPath = await models.fetch(modelId, context.download);
    };
    const problem = await fetched(context, fetchModel, { code: "model_not_found", what: `The model ${modelId}` });
    if (problem) return problem;
    const end = await run(context, { modelPath, prompt, maxTokens, temperature, seed });
    if (end.how !== "done") return unfinished(end);
    return { outcome: "completed", result: () => ({ ...(end.output as object), modelId, seed }), files: [], usage: end.usage };
  }

  function run(context: AttemptContext, input: unknown): Promise<RunEnd> {
    const { job, log, progress, signal } = context;
    const chunk = (text: string) => log("event", JSON.stringify({ type: "token", text }));
    const hooks = { log, progress, chunk };
    return pool.with((child) => child.run({ id: `${job.id}.${job.attempt}`, kind: job.kind, input }, hooks, signal));
  }

  return {
    kinds: ["train", "generate"],
    run: (context) => (context.job.kind === "train" ? train(context) : generate(context)),
    close: () => pool.close(),
  };
}

/** Null when the file is there, else what the attempt came to. */
async function fetched(
  context: AttemptContext,
  fetch: () => Promise<void>,
  { code, what }: { code: string; what: string },
): Promise<Produced | null> {
  try {
    await fetch();
    return null;
  } catch (error) {
    if (context.signal.aborted) return { outcome: "stopped", usage: {} };
    if (error instanceof TransferRefused) {
      const message = error.status === 404 ? `${what} does not exist in this workspace.` : `${what} cannot be read: ${error.message}`;
      return failed(code, message, { retryable: false });
    }
    throw error;
  }
}

function unfinished(end: Exclude<RunEnd, { how: "done" }>): Produced {
  const { usage } = end;
  switch (end.how) {
    case "cancelled":
      return { outcome: "stopped", usage };
    case "error":
      return failed(end.code, end.message, { retryable: end.retryable, usage });
    case "crashed": {
      const words = end.stderrTail.slice(-5).join("\n");
      const how = end.signal ? `was ended by ${end.signal}` : `ended with exit code ${end.exitCode}`;
      return failed("executor_crash", `The executor process ${how}.${words ? `\n${words}` : ""}`, {
        retryable: true,
        details: { exitCode: end.exitCode, signal: end.signal, stderrTail: end.stderrTail },
        usage,
      });
    }
    default:
      return end satisfies never;
  }
}
