// One client's connection to the database process: startup, password, then its messages in turn with the other clients'.
import { timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import { setImmediate as nextTurnOfEventLoop } from "node:timers/promises";
import type { Backend } from "./backend.ts";
import { FrontendMessages, queryMessage } from "./frontend-messages.ts";

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;

export class ClientSession {
  readonly #socket: Socket;
  readonly #backend: Backend;
  readonly #password: string;
  readonly #isOnlyClient: () => boolean;
  readonly #messages = new FrontendMessages();
  #startup: Buffer | null = null;
  #isAuthenticated = false;
  #hasTurn = false;
  #isPumping = false;
  #isClosed = false;

  constructor(socket: Socket, options: { backend: Backend; password: string; isOnlyClient: () => boolean }) {
    this.#socket = socket;
    this.#backend = options.backend;
    this.#password = options.password;
    this.#isOnlyClient = options.isOnlyClient;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#messages.push(chunk);
      void this.#pump();
    });
    socket.on("error", () => this.close());
    socket.on("close", () => this.close());
  }

  /** Whether it is past the password, so that its settings and prepared statements count. */
  get isAuthenticated(): boolean {
    return this.#isAuthenticated && !this.#isClosed;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.destroy();
    if (this.#hasTurn) this.#backend.abandon();
    this.#hasTurn = false;
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (!this.#isClosed && (await this.#step())) {
        // Another client's bytes are read before our next batch runs.
        await nextTurnOfEventLoop();
      }
    } catch {
      // What we cannot read as the protocol is no Postgres client.
      this.close();
    }
    this.#isPumping = false;
  }

  /** Does one thing of what has arrived; false when there is nothing complete. */
  async #step(): Promise<boolean> {
    if (this.#startup === null) return this.#greet();
    if (!this.#isAuthenticated) return this.#authenticate(this.#startup);
    const { batch, isTerminated } = this.#messages.takeAll();
    if (batch) await this.#run(batch);
    if (isTerminated) this.close();
    return batch !== null && !isTerminated;
  }

  #greet(): boolean {
    const packet = this.#messages.takeStartup();
    if (!packet) return false;
    const code = packet.readInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST) this.#socket.write("N");
    // There is no second process that could cancel a statement of the first.
    else if (code === CANCEL_REQUEST) this.close();
    else {
      this.#startup = packet;
      this.#socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
    }
    return true;
  }

  async #authenticate(startup: Buffer): Promise<boolean> {
    const message = this.#messages.takeOne();
    if (!message) return false;
    const given = message.subarray(5, -1);
    const expected = Buffer.from(this.#password);
    if (message[0] !== 0x70 || given.length !== expected.length || !timingSafeEqual(given, expected)) {
      this.#socket.end(errorResponse("28P01", "password authentication failed"));
      return true;
    }
    // What earlier clients set or prepared must not reach this one; with others connected it cannot be told apart.
    if (this.#isOnlyClient()) await this.#run(queryMessage("DISCARD ALL"), { isSilent: true });
    this.#isAuthenticated = true;
    await this.#run(startup);
    return true;
  }

  async #run(messages: Buffer, options = { isSilent: false }): Promise<void> {
    if (!this.#hasTurn) {
      await this.#backend.acquire();
      this.#hasTurn = true;
      // It left while it waited: nothing of it has run.
      if (this.#isClosed) {
        this.#hasTurn = false;
        this.#backend.release();
        return;
      }
    }
    const output = this.#backend.run(messages);
    if (!options.isSilent && this.#socket.writable) this.#socket.write(output);
    if (this.#backend.isIdle) {
      this.#hasTurn = false;
      this.#backend.release();
    }
  }
}

function errorResponse(code: string, message: string): Buffer {
  const body = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write("E", 0, "latin1");
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}
