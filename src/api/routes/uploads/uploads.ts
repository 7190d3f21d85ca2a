// Uploads: POST a file, read its metadata, delete it.
import { z } from "zod";
import { Upload } from "../../../contract/upload.ts";
import { ProblemError } from "../../../core/problem-error.ts";
import { operation } from "../../operation.ts";
import { receiveMultipart, safeName, safeType, storeUpload } from "./receive-upload.ts";

export const UploadParams = z.object({
  id: z.string().meta({ description: "The upload's id.", example: "upl_01kaj7zqv5fd8tqb5x1v2m3n4p" }),
});

export const createUpload = operation({
  method: "post",
  path: "/api/v1/uploads",
  tag: "Uploads",
  scopes: ["submit", "runner"],
  summary: "Upload a file",
  description:
    "Multipart with a part `file`, or the raw bytes with `Content-Type` and `X-Filename`. Streamed to the store, never buffered.",
  headers: { "x-filename": "With a raw body: the file's name, percent-encoded UTF-8." },
  otherBody: {
    "multipart/form-data": { schema: z.object({ file: z.string().meta({ format: "binary" }) }) },
    "application/octet-stream": { schema: z.string().meta({ format: "binary" }) },
  },
  idempotency: "none", // the body is too large to compare before it is stored
  problems: ["too_large", "bad_request"],
  responses: { 201: { description: "The upload.", schema: Upload, headers: { location: "The upload's path." } } },
  async handle(exchange) {
    const { c } = exchange;
    const type = c.req.header("content-type") ?? null;
    const upload = /^multipart\/form-data\b/i.test(type ?? "")
      ? (await receiveMultipart(exchange, { isFileOptional: false })).upload
      : await storeRaw(exchange, type);
    return c.json(upload as Upload, 201, { location: `/api/v1/uploads/${upload?.id}` });
  },
});

async function storeRaw(exchange: Parameters<typeof storeUpload>[0], type: string | null): Promise<Upload> {
  const request = exchange.c.req.raw;
  const length = request.headers.get("content-length");
  return storeUpload(exchange, {
    name: safeName(decodeName(request.headers.get("x-filename") ?? "file")),
    contentType: safeType(type),
    body: request.body ?? new Blob([]).stream(),
    contentLength: length !== null && /^\d+$/.test(length) ? Number(length) : undefined,
  });
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new ProblemError("bad_request", "X-Filename is not percent-encoded UTF-8: encode it as encodeURIComponent does.");
  }
}

export const getUpload = operation({
  method: "get",
  path: "/api/v1/uploads/{id}",
  tag: "Uploads",
  scopes: ["read", "submit", "runner"],
  summary: "Read an upload's metadata",
  params: UploadParams,
  problems: ["not_found"],
  responses: { 200: { description: "The upload.", schema: Upload } },
  handle: async ({ c, services, identity }, { params }) => c.json((await services.engine.getUpload(identity, params)).upload),
});

export const deleteUpload = operation({
  method: "delete",
  path: "/api/v1/uploads/{id}",
  tag: "Uploads",
  scopes: ["submit"],
  summary: "Delete an upload",
  params: UploadParams,
  problems: ["not_found"],
  responses: { 204: { description: "Deleted." } },
  async handle({ c, services, identity }, { params }) {
    const { blobKey } = await services.engine.deleteUpload(identity, params);
    // The row is gone, so nobody can reach the bytes any more, even if removing them fails now.
    await services.blobs
      .delete(blobKey)
      .catch((error: unknown) => services.logger.warn("a deleted upload's blob is still there", { blobKey, error: String(error) }));
    return c.body(null, 204);
  },
});

export const presignUpload = operation({
  method: "post",
  path: "/api/v1/uploads/presign",
  tag: "Uploads",
  summary: "Ask for a direct upload URL",
  idempotency: "none",
  problems: ["not_implemented"],
  responses: {},
  handle: () =>
    Promise.reject(
      new ProblemError("not_implemented", "This deployment's blob store hands out no upload URLs; POST the file to /api/v1/uploads."),
    ),
});
