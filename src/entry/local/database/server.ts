// Serves PGlite to Postgres clients on a loopback port.
import { type AddressInfo, createServer, type Server } from "node:net";
import type { Backend } from "./backend.ts";
import { ClientSession } from "./client-session.ts";

export type DatabaseServer = { port: number; close(): Promise<void> };

/** Any user of the machine can reach a loopback port, so clients must know `password`. */
export async function serveDatabase(options: { backend: Backend; password: string; port: number }): Promise<DatabaseServer> {
  const sessions = new Set<ClientSession>();
  const isOnlyClient = () => ![...sessions].some((session) => session.isAuthenticated);
  const server: Server = createServer((socket) => {
    const session = new ClientSession(socket, { backend: options.backend, password: options.password, isOnlyClient });
    sessions.add(session);
    socket.on("close", () => sessions.delete(session));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.close();
      await closed;
    },
  };
}
