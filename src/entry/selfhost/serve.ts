// Runs one self-hosted process: prepares the database, starts workerd, wakes the resident, and ends when workerd ends.
// At SIGTERM the consumers first finish or give back what they run, so that no job waits for a lease to run out.
import { randomUUID } from "node:crypto";
import { guard } from "../local/guard.ts";
import { STOP_PATH } from "../worker-settings.ts";
import type { SelfhostOptions } from "./options.ts";
import { prepare } from "./prepare.ts";
import { startWorker } from "./worker-process.ts";

const WAKE_MILLISECONDS = 500;
const STOP_MILLISECONDS = 8_000; // Docker kills after 10 s

export async function serve(options: SelfhostOptions): Promise<void> {
  const newAdminKey = await prepare(options);
  if (newAdminKey) console.log(`\n  API key   ${newAdminKey}\n            It is shown this once: keep it.\n`);
  const stopToken = randomUUID();
  const worker = startWorker(options, stopToken);
  // An orphan would keep the port, and the next start would fail.
  if (worker.pid !== undefined) guard(worker.pid);
  const stop = () => void askToStop(options, stopToken).finally(() => worker.kill("SIGTERM"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  worker.once("exit", (code, signal) => process.exit(signal === "SIGTERM" ? 0 : (code ?? 1)));
  await wake(options);
  console.log(`Millrace (${options.ROLE}) answers on http://${options.HOST}:${options.PORT}`);
}

/** The resident is made by the first request: a consumer that nobody asks would never start. */
async function wake(options: SelfhostOptions): Promise<void> {
  for (;;) {
    const response = await fetch(`${ownUrl(options)}/health/ready`).catch(() => null);
    if (response) return;
    await new Promise((resolve) => setTimeout(resolve, WAKE_MILLISECONDS));
  }
}

/** Resolves when nothing runs any more, or after `STOP_MILLISECONDS`; what runs then is found when its lease runs out. */
async function askToStop(options: SelfhostOptions, stopToken: string): Promise<void> {
  const signal = AbortSignal.timeout(STOP_MILLISECONDS);
  const headers = { authorization: `Bearer ${stopToken}` };
  await fetch(`${ownUrl(options)}${STOP_PATH}`, { method: "POST", headers, signal }).catch(() => {});
}

function ownUrl({ HOST, PORT }: SelfhostOptions): string {
  const host = HOST === "0.0.0.0" ? "127.0.0.1" : HOST === "::" ? "[::1]" : HOST.includes(":") ? `[${HOST}]` : HOST;
  return `http://${host}:${PORT}`;
}
