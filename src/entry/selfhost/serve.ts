// Runs one self-hosted process: prepares the database, starts workerd, wakes the resident, and ends when workerd ends.
import { guard } from "../local/guard.ts";
import type { SelfhostOptions } from "./options.ts";
import { prepare } from "./prepare.ts";
import { startWorker } from "./worker-process.ts";

const WAKE_MILLISECONDS = 500;

export async function serve(options: SelfhostOptions): Promise<void> {
  const newAdminKey = await prepare(options);
  if (newAdminKey) console.log(`\n  API key   ${newAdminKey}\n            It is shown this once: keep it.\n`);
  const worker = startWorker(options);
  // An orphan would keep the port, and the next start would fail.
  if (worker.pid !== undefined) guard(worker.pid);
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
