// Takes a file from a request to the blob store: streamed, hashed on the way, recorded only when it is whole.

import { isStorableText } from "../../../contract/text.ts";
import type { Upload } from "../../../contract/upload.ts";
import { ProblemError } from "../../../core/problem-error.ts";
import type { Exchange } from "../../exchange.ts";
import { readMultipart } from "../../multipart/read-multipart.ts";
import { hashing } from "./hashing.ts";

const DEFAULT_TYPE = "application/octet-stream";
const MAX_FIELD_BYTES = 64 * 1024;
const MAX_PARTS = 100;

type Incoming = { name: string; contentType: string; body: ReadableStream<Uint8Array>; contentLength?: number | undefined };

/** Stores one file. Nothing is left behind where it breaks off or grows too large. */
export async function storeUpload({ services, identity }: Exchange, incoming: Incoming): Promise<Upload> {
  const { engine, blobs, config, createHasher } = services;
  const maxBytes = config.maxUploadBytes;
  if ((incoming.contentLength ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const { blobPrefix } = await engine.allowUpload(identity, {});
  const blobKey = `${blobPrefix}/${crypto.randomUUID()}`;
  const { stream, result, failure } = hashing(incoming.body, { createHasher, maxBytes, tooLarge: () => tooLarge(maxBytes) });
  try {
    await blobs.put(blobKey, stream, incoming.contentLength);
    const { sizeBytes, sha256 } = await result;
    return await engine.recordUpload(identity, { name: incoming.name, contentType: incoming.contentType, sizeBytes, sha256, blobKey });
  } catch (error) {
    await blobs
      .delete(blobKey)
      .catch((cause: unknown) => services.logger.warn("a broken upload's blob was not removed", { blobKey, error: String(cause) }));
    // Where our limit or the client broke the stream off, the store only sees that it broke.
    throw failure() ?? error;
  }
}

/** The `file` of a multipart request, stored, and its other fields as text. */
export async function receiveMultipart(
  exchange: Exchange,
  { isFileOptional }: { isFileOptional: boolean },
): Promise<{ upload: Upload | null; fields: Record<string, string> }> {
  const request = exchange.c.req.raw;
  if (!request.body) throw new ProblemError("bad_request", "The multipart body is empty.");
  let upload: Upload | null = null;
  const fields: Record<string, string> = {};
  try {
    for await (const part of readMultipart(request.body, request.headers.get("content-type") ?? "", { maxParts: MAX_PARTS })) {
      if (part.name === "file" && part.filename !== null) {
        if (upload) throw new ProblemError("invalid", "Send one file at a time.", { errors: [{ path: "file", message: "given twice" }] });
        upload = await storeUpload(exchange, { name: safeName(part.filename), contentType: safeType(part.contentType), body: part.body });
      } else {
        fields[part.name] = await part.text(MAX_FIELD_BYTES);
      }
    }
  } catch (error) {
    // The file was whole; what came after it was not.
    if (upload) await discardUpload(exchange, upload);
    throw error;
  }
  if (!upload && !isFileOptional)
    throw new ProblemError("invalid", "The form has no file.", {
      errors: [{ path: "file", message: "expected a part named file with a filename" }],
    });
  return { upload, fields };
}

/** Takes back an upload whose request was refused in the end: nobody has heard of it. */
export async function discardUpload({ services, identity }: Exchange, { id }: Upload): Promise<void> {
  const { engine, blobs, logger } = services;
  try {
    const { blobKey } = await engine.deleteUpload({ ...identity, scopes: [...identity.scopes, "submit"] }, { id });
    await blobs.delete(blobKey);
  } catch (error) {
    logger.warn("a refused upload was not removed", { id, error: String(error) });
  }
}

/** The last part of a path, without control characters; "file" where nothing is left. */
export function safeName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? "";
  const clean = base
    .toWellFormed()
    .replace(/[\p{Cc}\p{Bidi_Control}]/gu, "")
    .trim()
    .slice(0, 255)
    .replace(/[\uD800-\uDBFF]$/, "");
  return clean === "" || clean === "." || clean === ".." || !isStorableText(clean) ? "file" : clean;
}

/** A media type as it was sent, if it looks like one. */
export function safeType(type: string | null): string {
  return type !== null && type.length <= 200 && /^[\w.+-]+\/[\w.+-]+(\s*;\s*[\w.-]+=("[^"\r\n]*"|[\w.+-]+))*$/.test(type)
    ? type
    : DEFAULT_TYPE;
}

function tooLarge(maxUploadBytes: number): ProblemError {
  return new ProblemError("too_large", `An upload holds at most ${maxUploadBytes} bytes here (MILLRACE_MAX_UPLOAD_BYTES).`);
}
