// The database process: PGlite, with its files in one directory, behind a loopback port. Told what to do by the supervisor,
// and ending with it.
import { PGlite } from "@electric-sql/pglite";
import { Backend } from "./backend.ts";
import { maintain } from "./maintenance.ts";
import type { FromDatabase, ToDatabase } from "./messages.ts";
import { type DatabaseServer, serveDatabase } from "./server.ts";

let close: (() => Promise<void>) | undefined;

process.on("message", (message: ToDatabase) => {
  if (message.type === "ping") tell({ type: "pong" });
  else if (message.type === "open") open(message).catch(fail);
  else void end();
});
// The supervisor is gone, however that came about.
process.on("disconnect", () => void end());
// A Ctrl-C of the terminal is the supervisor's to handle: it stops us last.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => void end());

async function open(options: Extract<ToDatabase, { type: "open" }>): Promise<void> {
  const pglite = await PGlite.create(options.directory);
  const backend = new Backend(pglite, fail);
  const server: DatabaseServer = await serveDatabase({ backend, password: options.password, port: options.port });
  const maintenance = new AbortController();
  close = async () => {
    maintenance.abort();
    await server.close();
    await backend.acquire();
    // Writes a checkpoint, so that the next start has nothing to replay.
    await pglite.close();
  };
  tell({ type: "ready" });
  await maintain(backend, { signal: maintenance.signal, onError: (error) => log("maintenance failed", error) });
}

async function end(): Promise<void> {
  const closing = close;
  close = undefined;
  await closing?.().catch((error: unknown) => log("closing failed", error));
  process.exit(0);
}

/** Nothing can be trusted after an error in the backend itself: end, be started again, and let Postgres recover. */
function fail(error: unknown): void {
  log("the database failed", error);
  tell({ type: "failed", reason: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}

function tell(message: FromDatabase): void {
  if (process.connected) process.send?.(message);
}

function log(message: string, error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error);
  console.error(JSON.stringify({ level: 50, time: Date.now(), name: "database", error: detail, msg: message }));
}
