// What `npm run start:selfhost` and the container run: one workerd process over Postgres and Redis. Role `api` serves
// requests, `consumer` runs push queues, `all` does both. What starts it again when it ends is Docker or systemd.
import { buildIfStale } from "../../scripts/build/build-if-stale.ts";
import { UsageError } from "./local/options.ts";
import { readSelfhostOptions, type SelfhostOptions } from "./selfhost/options.ts";
import { prepare } from "./selfhost/prepare.ts";
import { startWorker } from "./selfhost/worker-process.ts";

const WAKE_MILLISECONDS = 500;

try {
  await main(readSelfhostOptions(process.env));
} catch (error) {
  console.error(error instanceof UsageError ? `✖ ${error.message}` : error);
  process.exit(1);
}

async function main(options: SelfhostOptions): Promise<void> {
  await buildIfStale({ onBuild: (name) => console.log(`Building ${name} …`) });
  const newAdminKey = await prepare(options);
  if (newAdminKey) console.log(`\n  API key   ${newAdminKey}\n            It is shown this once: keep it.\n`);
  const worker = startWorker(options);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => worker.kill("SIGTERM"));
  worker.once("exit", (code, signal) => process.exit(signal === "SIGTERM" ? 0 : (code ?? 1)));
  await wake(options);
  console.log(`Millrace (${options.ROLE}) answers on http://${options.HOST}:${options.PORT}`);
}

/** The resident is made by the first request: a consumer that nobody asks would never start. */
async function wake({ HOST, PORT }: SelfhostOptions): Promise<void> {
  const host = HOST === "0.0.0.0" ? "127.0.0.1" : HOST === "::" ? "[::1]" : HOST;
  for (;;) {
    const response = await fetch(`http://${host}:${PORT}/health/ready`).catch(() => null);
    if (response) return;
    await new Promise((resolve) => setTimeout(resolve, WAKE_MILLISECONDS));
  }
}
