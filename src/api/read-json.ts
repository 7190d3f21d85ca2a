// Reads a JSON body of at most 8 MiB, whatever its Content-Length claims.
import { ProblemError } from "../core/problem-error.ts";

export const MAX_JSON_BODY_BYTES = 8 * 1024 * 1024;

/** The text and value of the request's JSON body. Throws unsupported_media_type, too_large or malformed_json. */
export async function readJson(request: Request): Promise<{ text: string; value: unknown }> {
  const type = request.headers.get("content-type");
  if (type === null ? request.body !== null : !/^application\/([\w.-]+\+)?json\b/i.test(type)) {
    throw new ProblemError("unsupported_media_type", `This takes Content-Type: application/json, not ${type ?? "a body without one"}.`);
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
  // A declared length is kept by the server: reading the text in one go is safe, and fast.
  if (declared <= MAX_JSON_BODY_BYTES) return request.text();
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  const reader = request.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > MAX_JSON_BODY_BYTES) {
      await reader.cancel();
      throw tooLarge();
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

function tooLarge(): ProblemError {
  return new ProblemError(
    "too_large",
    `A JSON body holds at most ${MAX_JSON_BODY_BYTES} bytes. Send smaller batches, or upload the data and name the upload.`,
  );
}
