// Cuts a client's byte stream into complete messages of Postgres' protocol
// (https://www.postgresql.org/docs/current/protocol-message-formats.html).

/** Larger than anything we send (a full JSON body is 8 MiB), small enough that a stray client cannot fill the memory. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
const TERMINATE = "X".charCodeAt(0);

export class FrontendMessages {
  #chunks: Buffer[] = [];
  #size = 0;
  /** So many bytes must be there before looking again makes sense: a large message is joined once, not once a chunk. */
  #needed = 5;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  /** The startup packet (no type byte), or null while it is not complete. Throws on one that is no startup packet. */
  takeStartup(): Buffer | null {
    const bytes = this.#join();
    if (bytes.length < 8) return null;
    const length = bytes.readUInt32BE(0);
    if (length < 8 || length > 10_000) throw new Error(`A startup packet of ${length} bytes`);
    return bytes.length < length ? null : this.#take(bytes, length);
  }

  /** Every complete message, in one piece, and whether the client then said goodbye. */
  takeAll(): { batch: Buffer | null; isTerminated: boolean } {
    if (this.#size < this.#needed) return { batch: null, isTerminated: false };
    const bytes = this.#join();
    let end = 0;
    this.#needed = 5;
    while (bytes.length - end >= 5) {
      if (bytes[end] === TERMINATE) return { batch: end > 0 ? this.#take(bytes, end) : null, isTerminated: true };
      const length = 1 + bytes.readUInt32BE(end + 1);
      if (length < 5 || length > MAX_MESSAGE_BYTES) throw new Error(`A message of ${length} bytes`);
      if (bytes.length - end < length) {
        this.#needed = length;
        break;
      }
      end += length;
    }
    return { batch: end > 0 ? this.#take(bytes, end) : null, isTerminated: false };
  }

  /** The first complete message alone; null while there is none. */
  takeOne(): Buffer | null {
    const bytes = this.#join();
    if (bytes.length < 5) return null;
    const length = 1 + bytes.readUInt32BE(1);
    if (length > MAX_MESSAGE_BYTES) throw new Error(`A message of ${length} bytes`);
    return bytes.length < length ? null : this.#take(bytes, length);
  }

  #join(): Buffer {
    const bytes = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#size);
    this.#chunks = [bytes];
    return bytes;
  }

  #take(bytes: Buffer, length: number): Buffer {
    this.#chunks = [bytes.subarray(length)];
    this.#size = bytes.length - length;
    return bytes.subarray(0, length);
  }
}

/** A simple query message. */
export function queryMessage(text: string): Buffer {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.alloc(5);
  head.write("Q", 0, "latin1");
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

/** Ends an extended query; the backend stops skipping messages after an error, and says whether it is in a transaction. */
export const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);
