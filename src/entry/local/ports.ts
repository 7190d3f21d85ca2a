// TCP ports of this machine: whether ours is free, and one that nobody uses.
import { type AddressInfo, createServer } from "node:net";
import { UsageError } from "./options.ts";

/** Throws `UsageError` with what to do where we cannot listen there. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  try {
    await listenOnce(host, port);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE")
      throw new UsageError(`Port ${port} is taken by another program.\nStop that, or choose another port: npm start -- --port ${port + 1}`);
    if (code === "EACCES")
      throw new UsageError(`This user may not listen on port ${port}. Choose one above 1023: npm start -- --port 8787`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      throw new UsageError(`'${host}' is no address of this machine. Use 127.0.0.1 or 0.0.0.0.`);
    throw new UsageError(`Cannot listen on ${host}:${port}: ${message}`);
  }
}

/** A loopback port that is free now. */
export function findFreePort(): Promise<number> {
  return listenOnce("127.0.0.1", 0);
}

function listenOnce(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host, port }, () => {
      const taken = (server.address() as AddressInfo).port;
      server.close(() => resolve(taken));
    });
  });
}
