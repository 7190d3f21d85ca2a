// PGlite behind its socket server, as the embedded profile runs it: a database in memory with a connection URL.
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { freePort } from "./free-port.ts";
import type { TestServer } from "./test-server.ts";

/** One database engine is one connection's worth of work: clients should keep a pool of one. */
export async function startPglite(): Promise<TestServer> {
  const engine = await PGlite.create();
  const port = await freePort();
  const server = new PGLiteSocketServer({ db: engine, host: "127.0.0.1", port, maxConnections: 16 });
  await server.start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable`,
    async stop() {
      await server.stop();
      await engine.close();
    },
  };
}
