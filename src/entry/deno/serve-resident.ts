// What `npm run start:deno` runs: prepares the database, then serves until it is told to end.
import { UsageError } from "../local/options.ts";
import { readSelfhostOptions } from "../selfhost/options.ts";
import { prepare } from "../selfhost/prepare.ts";
import { createResident } from "./resident.ts";
import { deno } from "./runtime.ts";

export async function serveResident(environment: Record<string, string>): Promise<void> {
  try {
    const options = readSelfhostOptions(environment);
    const newAdminKey = await prepare(options);
    if (newAdminKey) console.log(`\n  API key   ${newAdminKey}\n            It is shown this once: keep it.\n`);
    const resident = createResident(options);
    const stop = () => void resident.stop().finally(() => deno.exit(0));
    for (const signal of ["SIGINT", "SIGTERM"] as const) deno.addSignalListener(signal, stop);
    const onListen = () => console.log(`Millrace (${options.ROLE}) answers on http://${options.HOST}:${options.PORT}`);
    deno.serve({ hostname: options.HOST, port: options.PORT, onListen }, resident.handle);
  } catch (error) {
    console.error(error instanceof UsageError ? `✖ ${error.message}` : error);
    deno.exit(1);
  }
}
