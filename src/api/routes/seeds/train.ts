// The documented names: POST /api/train, POST /api/generate, GET /api/status/{jobId}.
import { z } from "zod";
import { JobInput } from "../../../contract/job.ts";
import { Accepted, GenerateInput, GPU_QUEUE, Status, TrainInput } from "../../../contract/train.ts";
import type { Upload } from "../../../contract/upload.ts";
import { authorise } from "../../../core/context.ts";
import { ProblemError } from "../../../core/problem-error.ts";
import type { Exchange } from "../../exchange.ts";
import { hashRequest, idempotencyKey } from "../../idempotency.ts";
import { operation } from "../../operation.ts";
import { invalid } from "../../problem.ts";
import { readJson } from "../../read-json.ts";
import { discardUpload, receiveMultipart } from "../uploads/receive-upload.ts";

const MULTIPART = /^multipart\/form-data\b/i;

export const train = operation({
  method: "post",
  path: "/api/train",
  tag: "Train and generate",
  scopes: ["submit"],
  summary: "Train a model on a text",
  description:
    "A job of kind `train` on the pull queue `gpu`; its result is `{modelId, perplexity, …}`. Send JSON that names an upload, or multipart with the `file` itself and the same fields.",
  otherBody: {
    "application/json": { schema: TrainInput },
    "multipart/form-data": {
      schema: z.object({
        file: z.string().meta({ format: "binary" }),
        name: z.string().optional(),
        engine: z.string().optional(),
        options: z.string().optional().meta({ description: "JSON." }),
      }),
    },
  },
  idempotency: "own",
  problems: ["malformed_json", "too_large", "unsupported_media_type", "not_found"],
  responses: { 202: { description: "The job that trains.", schema: Accepted, headers: { location: "The job's path." } } },
  async handle(exchange) {
    authorise(exchange, "submit");
    const request = exchange.c.req.raw;
    const isMultipart = MULTIPART.test(request.headers.get("content-type") ?? "");
    const { raw, hashed, upload } = isMultipart ? await receiveTraining(exchange) : await readTraining(request);
    try {
      const parsed = TrainInput.safeParse(raw);
      if (!parsed.success) throw invalid([parsed.error]);
      await exchange.services.engine.getUpload(exchange.identity, { id: parsed.data.datasetUploadId });
      const response = await enqueueSeed(exchange, "train", parsed.data, hashed);
      // The job that was enqueued the first time has its own copy.
      if (upload && response.headers.has("idempotency-replayed")) await discardUpload(exchange, upload);
      return response;
    } catch (error) {
      if (upload) await discardUpload(exchange, upload);
      throw error;
    }
  },
});

export const generate = operation({
  method: "post",
  path: "/api/generate",
  tag: "Train and generate",
  scopes: ["submit"],
  summary: "Generate text with a trained model",
  description:
    "A job of kind `generate` on the pull queue `gpu`; its result is `{text, tokens, …}`. Tokens come as `job.log` events while they are made.",
  body: GenerateInput,
  idempotency: "own",
  problems: ["not_found"],
  responses: { 202: { description: "The job that generates.", schema: Accepted, headers: { location: "The job's path." } } },
  async handle(exchange, { body, text }) {
    authorise(exchange, "submit");
    await exchange.services.engine.getUpload(exchange.identity, { id: body.modelId });
    return enqueueSeed(exchange, "generate", body, text);
  },
});

export const status = operation({
  method: "get",
  path: "/api/status/{jobId}",
  tag: "Train and generate",
  scopes: ["read", "submit", "runner"],
  summary: "A job's status and progress",
  params: z.object({ jobId: z.string() }),
  problems: ["not_found"],
  responses: { 200: { description: "The status.", schema: Status } },
  async handle({ c, services, identity }, { params }) {
    const job = await services.engine.getJob(identity, { id: params.jobId });
    return c.json({ jobId: job.id, status: job.state, progress: job.progress.fraction });
  },
});

async function enqueueSeed(
  { c, services, identity }: Exchange,
  kind: "train" | "generate",
  payload: unknown,
  hashed: string,
): Promise<Response> {
  const key = idempotencyKey(c.req.raw);
  const idempotency = key === null ? undefined : { key, requestHash: await hashRequest(c.req.raw, hashed) };
  const job = JobInput.parse({ queue: GPU_QUEUE, kind, payload });
  const enqueued = await services.engine.enqueueJob(identity, { job, idempotency });
  const headers: Record<string, string> = { location: `/api/v1/jobs/${enqueued.job.id}` };
  if (enqueued.replayed) headers["idempotency-replayed"] = "true";
  return c.json({ jobId: enqueued.job.id }, 202, headers);
}

type Training = { raw: unknown; hashed: string; upload: Upload | null };

async function readTraining(request: Request): Promise<Training> {
  const { value, text } = await readJson(request);
  return { raw: value, hashed: text, upload: null };
}

async function receiveTraining(exchange: Exchange): Promise<Training> {
  const { upload, fields } = await receiveMultipart(exchange, { isFileOptional: true });
  try {
    return { raw: toTraining(fields, upload), hashed: JSON.stringify([upload?.sha256 ?? null, upload?.name, fields]), upload };
  } catch (error) {
    if (upload) await discardUpload(exchange, upload);
    throw error;
  }
}

function toTraining({ options, datasetUploadId, ...rest }: Record<string, string>, upload: Upload | null): unknown {
  if (upload && datasetUploadId)
    throw new ProblemError("invalid", "Send a file or datasetUploadId, not both.", {
      errors: [{ path: "datasetUploadId", message: "not together with file" }],
    });
  return {
    ...rest,
    ...(options === undefined ? {} : { options: parseOptions(options) }),
    datasetUploadId: upload?.id ?? datasetUploadId,
  };
}

function parseOptions(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError("invalid", "The field options is not valid JSON.", {
      errors: [{ path: "options", message: "expected a JSON object" }],
    });
  }
}
