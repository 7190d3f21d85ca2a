// PGlite's one session, shared by several clients.
//
// Whoever sends messages holds the turn until the backend says that it is idle outside a transaction, so that the parts of
// one client's statement or transaction are never mixed with another's. A client that vanishes half-way (kill -9) leaves
// the backend skipping messages or in a transaction: the turn is handed on only after that was cleared up.
// The stock pglite-socket server does neither: after a client died between a failed Parse and its Sync, every later
// connection hung for good. (COPY FROM STDIN ends PGlite itself; the supervisor starts it again.)
import { queryMessage, SYNC } from "./frontend-messages.ts";

/** The part of PGlite that we use. */
export type PgliteLike = {
  execProtocolRawStream(message: Uint8Array, options: { syncToFs: boolean; onRawData: (bytes: Uint8Array) => void }): Promise<void>;
};

/** `I` idle, `T` in a transaction, `E` in a failed one; null: in the middle of a statement. */
export type BackendStatus = "I" | "T" | "E" | null;

export class Backend {
  readonly #pglite: PgliteLike;
  readonly #onFatal: (error: unknown) => void;
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;
  #status: BackendStatus = "I";

  /** `onFatal` is told when the backend itself broke; nothing can be run after that. */
  constructor(pglite: PgliteLike, onFatal: (error: unknown) => void) {
    this.#pglite = pglite;
    this.#onFatal = onFatal;
  }

  /** Waits for the turn. Who has it must release it, or call `abandon`. */
  async acquire(): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#isTaken = false;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  get isIdle(): boolean {
    return this.#status === "I";
  }

  /** Runs complete messages and returns everything the backend answers. It blocks: PGlite has no threads. */
  run(messages: Uint8Array): Buffer {
    const chunks: Uint8Array[] = [];
    const options = { syncToFs: false, onRawData: (bytes: Uint8Array) => void chunks.push(bytes.slice()) };
    // The work is done by the time the call returns; the promise only carries an error.
    this.#pglite.execProtocolRawStream(messages, options).catch(this.#onFatal);
    const output = Buffer.concat(chunks);
    this.#status = lastStatus(output);
    return output;
  }

  /** Clears up after a client that left while it had the turn, and hands the turn on. */
  abandon(): void {
    if (!this.isIdle) this.run(SYNC);
    if (!this.isIdle) this.run(queryMessage("ROLLBACK"));
    if (!this.isIdle) this.#onFatal(new Error(`The backend cannot be brought back to idle (${this.#status})`));
    this.release();
  }

  /** Rows of one statement as text. The caller has the turn. */
  query(statement: string): (string | null)[][] {
    return dataRows(this.run(queryMessage(statement)));
  }
}

function* messagesOf(output: Buffer): Generator<{ type: string; start: number; end: number }> {
  for (let at = 0; at + 5 <= output.length; ) {
    const end = at + 1 + output.readUInt32BE(at + 1);
    yield { type: String.fromCharCode(output[at] as number), start: at + 5, end };
    at = end;
  }
}

/** What the backend said it is, if ReadyForQuery was its last word. */
function lastStatus(output: Buffer): BackendStatus {
  // ReadyForQuery is 'Z', length 5, status: its place from the end is known, but it may also be the tail of a row.
  if (output.length < 6 || output[output.length - 6] !== 0x5a) return null;
  let status: BackendStatus = null;
  for (const message of messagesOf(output))
    status = message.type === "Z" ? (String.fromCharCode(output[message.start] as number) as BackendStatus) : null;
  return status;
}

function dataRows(output: Buffer): (string | null)[][] {
  const rows: (string | null)[][] = [];
  for (const message of messagesOf(output)) {
    if (message.type === "E") throw new Error(errorText(output.subarray(message.start, message.end)));
    if (message.type !== "D") continue;
    let at = message.start + 2;
    rows.push(
      Array.from({ length: output.readUInt16BE(message.start) }, () => {
        const length = output.readInt32BE(at);
        at += 4;
        if (length < 0) return null;
        at += length;
        return output.toString("utf8", at - length, at);
      }),
    );
  }
  return rows;
}

/** The message field ('M') of an ErrorResponse. */
function errorText(body: Buffer): string {
  const field = body
    .toString("utf8")
    .split("\0")
    .find((part) => part.startsWith("M"));
  return field?.slice(1) ?? "unknown error";
}
