// Reads multipart/form-data (RFC 7578) part by part in constant memory, where Request.formData() would hold whole files.
import { ProblemError } from "../../core/problem-error.ts";
import { BoundaryReader } from "./boundary-reader.ts";
import { parseHeaderValue } from "./header-parameters.ts";
import { bad, type PartHeaders, parsePartHeaders } from "./part-headers.ts";

export type MultipartLimits = {
  maxParts?: number;
  /** Of one part. */
  maxHeaderBytes?: number;
  /** Of one part's content, read or skipped. */
  maxPartBytes?: number;
};

export type MultipartPart = PartHeaders & {
  /** Read it before asking for the next part: what is left of it is skipped then. Pulls from the request only as it is read. */
  body: ReadableStream<Uint8Array>;
  /** The whole content as UTF-8. Throws too_large beyond `maxBytes`, bad_request for other encodings. */
  text: (maxBytes: number) => Promise<string>;
};

// Nobody writes text around the parts; a long preamble is a wrong boundary, better said at once than after 5 GiB.
const MAX_TEXT_AROUND_BYTES = 64 * 1024;

/**
 * @throws {ProblemError} bad_request with what is wrong with the body, too_large beyond `maxPartBytes`.
 * @example
 * for await (const part of readMultipart(request.body, contentType, { maxPartBytes: 5 * 1024 ** 3 })) {
 *   if (part.name === "file") await store.put(key, part.body);
 * }
 */
export async function* readMultipart(
  body: ReadableStream<Uint8Array>,
  contentType: string,
  limits: MultipartLimits = {},
): AsyncGenerator<MultipartPart, void, undefined> {
  const { maxParts = 100, maxHeaderBytes = 16 * 1024, maxPartBytes = Number.POSITIVE_INFINITY } = limits;
  const reader = new BoundaryReader(body, boundaryOf(contentType));
  try {
    await skipPreamble(reader);
    for (let count = 1; ; count++) {
      const block = await reader.readHeaderBlock(maxHeaderBytes);
      if (block === null) break;
      if (count > maxParts) throw bad(`has more than ${maxParts} parts`);
      const headers = parsePartHeaders(block);
      const content = new PartContent(reader, headers.name, maxPartBytes);
      yield { ...headers, body: content.stream, text: (maxBytes) => readText(content.stream, headers.name, maxBytes) };
      await content.skip();
    }
    await reader.skipRest(MAX_TEXT_AROUND_BYTES);
  } finally {
    reader.close(new Error("the multipart body is no longer read: read a part inside the loop that yields it"));
  }
}

/** The boundary that the Content-Type names (RFC 2046 §5.1.1). */
function boundaryOf(contentType: string): string {
  const { value, parameters } = parseHeaderValue(contentType);
  if (value !== "multipart/form-data") {
    throw new ProblemError("unsupported_media_type", `This takes Content-Type: multipart/form-data, not ${value || "none"}.`);
  }
  const boundary = parameters.get("boundary") ?? "";
  if (!/^[\x20-\x7e]{0,69}[\x21-\x7e]$/.test(boundary)) {
    throw new ProblemError("bad_request", "Content-Type: multipart/form-data needs a boundary of 1 to 70 printable ASCII characters.");
  }
  return boundary;
}

async function skipPreamble(reader: BoundaryReader): Promise<void> {
  let skipped = 0;
  for (let chunk = await reader.readContent(); chunk !== null; chunk = await reader.readContent()) {
    skipped += chunk.byteLength;
    if (skipped > MAX_TEXT_AROUND_BYTES) throw bad("does not contain the boundary that its Content-Type names");
  }
}

/** The content of one part, as a stream for its consumer and to be skipped by the loop: one read at a time, in order. */
class PartContent {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #reader: BoundaryReader;
  readonly #name: string;
  #left: number;
  #ended = false;
  #passed = false;
  #reading: Promise<Uint8Array | null> = Promise.resolve(null);

  constructor(reader: BoundaryReader, name: string, maxBytes: number) {
    this.#reader = reader;
    this.#name = name;
    this.#left = maxBytes;
    // No read ahead: the consumer's pace is the sender's pace.
    this.stream = new ReadableStream({ pull: (controller) => this.#pull(controller) }, { highWaterMark: 0 });
  }

  async skip(): Promise<void> {
    this.#passed = true;
    // A read that its consumer did not wait for comes first; its failure comes back with our own read.
    await this.#reading.catch(() => undefined);
    while (!this.#ended) await this.#read();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (this.#passed) throw new Error(`part '${this.#name}' was skipped: read it before asking for the next part`);
    this.#reading = this.#read();
    const chunk = await this.#reading;
    if (chunk) controller.enqueue(chunk);
    else controller.close();
  }

  async #read(): Promise<Uint8Array | null> {
    const chunk = await this.#reader.readContent();
    if (chunk === null) this.#ended = true;
    else this.#left -= chunk.byteLength;
    if (this.#left < 0) throw tooLarge(this.#name);
    return chunk;
  }
}

async function readText(stream: ReadableStream<Uint8Array>, name: string, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const reader = stream.getReader();
  let text = "";
  let left = maxBytes;
  for (;;) {
    const { done, value } = await reader.read();
    if (!done) left -= value.byteLength;
    if (left < 0) throw tooLarge(name);
    try {
      if (done) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
    } catch {
      throw bad(`has a part '${name}' that is not UTF-8`);
    }
  }
}

function tooLarge(name: string): ProblemError {
  return new ProblemError("too_large", `The part '${name}' of the multipart body is larger than is taken here.`);
}
