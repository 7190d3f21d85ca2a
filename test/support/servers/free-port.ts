// A TCP port that nobody listens on, and the wait until somebody does.
import { connect, createServer } from "node:net";

/** A port that is free now. Somebody may still take it: take it at once. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("No port was given."))));
    });
  });
}

const RETRY_MILLISECONDS = 25;

/** Resolves when `probe` does; rejects when `giveUp` throws or the time is over. */
export async function eventually<Result>(
  probe: () => Promise<Result>,
  { seconds = 30, giveUp = () => {} }: { seconds?: number; giveUp?: () => void } = {},
): Promise<Result> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      giveUp();
      if (Date.now() > end) throw new Error(`Not there after ${seconds} s: ${error}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
    }
  }
}

/** Resolves once something accepts connections on the port. */
export function connectTo(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}
