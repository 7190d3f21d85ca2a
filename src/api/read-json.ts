// Reads a JSON body of at most 8 MiB, whatever its Content-Length claims.
import { ProblemError } from "../core/problem-error.ts";
import { drainBody } from "./drain-body.ts";

export const MAX_JSON_BODY_BYTES = 8 * 1024 * 1024;

/** application/json, or a type that ends in +json (RFC 6839), with or without parameters. */
const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

/** The text and value of the request's JSON body. Throws unsupported_media_type, too_large or malformed_json. */
export async function readJson(request: Request): Promise<{ text: string; value: unknown }> {
  const type = request.headers.get("content-type");
  if (type === null ? request.body !== null : !JSON_TYPE.test(type)) {
    throw new ProblemError("unsupported_media_type", `This takes Content-Type: application/json, not ${type ?? "a body without one"}.`);
  }
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") {
    throw new ProblemError("unsupported_media_type", `Send the body as it is, without Content-Encoding: ${encoding}.`);
  }
  const text = await readText(request);
  try {
    return { text, value: JSON.parse(text) };
  } catch (error) {
    throw new ProblemError(
      "malformed_json",
      text.trim() === "" ? "The body is empty; send a JSON object." : `The body is not valid JSON: ${(error as Error).message}`,
    );
  }
}

async function readText(request: Request): Promise<string> {
  const declared = Number(request.headers.get("content-length") ?? Number.NaN);
  if (declared > MAX_JSON_BODY_BYTES) throw tooLarge();
  // A declared length is kept by the server: reading the body in one go is safe, and fast.
  const bytes = declared <= MAX_JSON_BODY_BYTES ? await request.arrayBuffer() : await readChunks(request);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    // Replacing what is broken would store something else than what was sent.
    throw new ProblemError("malformed_json", "The body is not UTF-8, which JSON on the wire has to be (RFC 8259 §8.1).");
  }
}

async function readChunks(request: Request): Promise<ArrayBuffer> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = (request.body as ReadableStream<Uint8Array<ArrayBuffer>> | null)?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > MAX_JSON_BODY_BYTES) {
      await drainBody(reader);
      throw tooLarge();
    }
    chunks.push(value);
  }
  return new Blob(chunks).arrayBuffer();
}

function tooLarge(): ProblemError {
  return new ProblemError(
    "too_large",
    `A JSON body holds at most ${MAX_JSON_BODY_BYTES} bytes. Send smaller batches, or upload the data and name the upload.`,
  );
}
