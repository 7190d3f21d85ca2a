// Cuts a byte stream at its boundary delimiters, one chunk at a time: memory holds one chunk and a delimiter's length.
import { createDelimiter, type Delimiter } from "./delimiter.ts";
import { bad } from "./part-headers.ts";

const DASH = 45;
const CR = 13;
const LF = 10;

export class BoundaryReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #delimiter: Delimiter;
  // A delimiter begins with CRLF; with one put in front, a body may open with its boundary.
  #buffer: Uint8Array = Uint8Array.of(CR, LF);
  #failure: unknown;

  constructor(body: ReadableStream<Uint8Array>, boundary: string) {
    this.#reader = body.getReader();
    this.#delimiter = createDelimiter(boundary);
  }

  /**
   * The next bytes in front of the next delimiter, or null once that is reached; it is consumed then.
   * The chunk is the caller's: it shares no memory with what is still to be read.
   */
  async readContent(): Promise<Uint8Array | null> {
    for (;;) {
      const at = this.#delimiter.indexIn(this.#buffer);
      if (at > 0) return this.#takeCopy(at);
      if (at === 0) {
        this.#buffer = this.#buffer.subarray(this.#delimiter.length);
        return null;
      }
      const content = this.#buffer.length - this.#delimiter.beginsAtEndOf(this.#buffer);
      if (content === this.#buffer.length && content > 0) return this.#takeAll();
      if (content > 0) return this.#takeCopy(content);
      await this.#more();
    }
  }

  /** After a delimiter: the header lines of the part that begins, or null where the body is complete. */
  async readHeaderBlock(maxBytes: number): Promise<Uint8Array | null> {
    while (this.#buffer.length < 2) await this.#more();
    if (this.#buffer[0] === DASH && this.#buffer[1] === DASH) return null;
    for (let from = 0; ; ) {
      const end = indexOfBlankLine(this.#buffer, from);
      if ((end === -1 ? this.#buffer.length : end) > maxBytes) throw bad(`has a part with more than ${maxBytes} bytes of headers`);
      if (end !== -1) {
        const block = this.#buffer.subarray(0, end);
        this.#buffer = this.#buffer.subarray(end + 4);
        return block;
      }
      from = Math.max(0, this.#buffer.length - 3);
      await this.#more();
    }
  }

  /** Reads on to the end of the stream, at most `maxBytes`: a server that stops early may cut the client's connection. */
  async skipRest(maxBytes: number): Promise<void> {
    for (let left = maxBytes; left > 0; ) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      left -= value.byteLength;
    }
  }

  /** Gives the stream up: what is still read from it fails. Does nothing to a stream that has ended. */
  close(reason: unknown): void {
    this.#failure ??= reason;
    this.#buffer = new Uint8Array(0);
    // The source may take its time, or fail in its own way: neither is the caller's business any more.
    this.#reader.cancel(reason).catch(() => undefined);
  }

  async #more(): Promise<void> {
    if (this.#failure) throw this.#failure;
    const { done, value } = await this.#reader.read();
    if (done) {
      this.#failure = bad("ended before its closing boundary: it was cut off, or names another boundary in Content-Type");
      throw this.#failure;
    }
    this.#buffer = this.#buffer.length === 0 ? value : concat(this.#buffer, value);
  }

  #takeAll(): Uint8Array {
    const content = this.#buffer;
    this.#buffer = new Uint8Array(0);
    return content;
  }

  #takeCopy(length: number): Uint8Array {
    const content = this.#buffer.slice(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return content;
  }
}

function indexOfBlankLine(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(CR, from); at !== -1; at = bytes.indexOf(CR, at + 1)) {
    if (bytes[at + 1] === LF && bytes[at + 2] === CR && bytes[at + 3] === LF) return at;
  }
  return -1;
}

function concat(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}
