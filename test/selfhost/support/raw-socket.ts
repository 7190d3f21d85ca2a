// A WebSocket client made of a bare TCP socket, which can stop reading as no well-behaved library does.
import { connect } from "node:net";

export type RawSocket = {
  /** Sends one text message. */
  send(message: unknown): void;
  pause(): void;
  /** Reads to the end; the code of the server's close frame, or null where it closed without. */
  drain(): Promise<number | null>;
  close(): void;
};

const HEAD_END = "\r\n\r\n";

export function openRawSocket(url: string, headers: Record<string, string>): Promise<RawSocket> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = Object.entries({
    host: `${hostname}:${port}`,
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  socket.write(`GET ${pathname} HTTP/1.1\r\n${lines.join("\r\n")}${HEAD_END}`);
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.once("data", (head) => {
      if (!head.toString("latin1").startsWith("HTTP/1.1 101")) return reject(new Error(head.toString()));
      resolve({
        send: (message) => void socket.write(frameOf(JSON.stringify(message))),
        pause: () => void socket.pause(),
        drain: () => readToClose(socket),
        close: () => void socket.destroy(),
      });
    });
  });
}

/** RFC 6455 §5.2: a text frame of up to 125 bytes, masked with zeros. */
function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

async function readToClose(socket: AsyncIterable<Buffer>): Promise<number | null> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let frame = nextFrame(rest); frame; frame = nextFrame(rest)) {
      if (frame.opcode === 8) return frame.payload.readUInt16BE(0);
      rest = rest.subarray(frame.length);
    }
  }
  return null;
}

function nextFrame(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | null {
  if (bytes.length < 2) return null;
  const size = (bytes[1] as number) & 0x7f;
  const start = size === 127 ? 10 : size === 126 ? 4 : 2;
  if (bytes.length < start) return null;
  const length = size === 127 ? Number(bytes.readBigUInt64BE(2)) : size === 126 ? bytes.readUInt16BE(2) : size;
  if (bytes.length < start + length) return null;
  return { opcode: (bytes[0] as number) & 0x0f, payload: bytes.subarray(start, start + length), length: start + length };
}
