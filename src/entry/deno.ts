// Millrace on Deno: on a machine of one's own over Postgres and Redis by TCP (`npm run start:deno`).
import { createResidentHandler } from "./deno/resident.ts";
import { deno } from "./deno/runtime.ts";
import { UsageError } from "./local/options.ts";
import { readSelfhostOptions } from "./selfhost/options.ts";
import { prepare } from "./selfhost/prepare.ts";

try {
  await main();
} catch (error) {
  console.error(error instanceof UsageError ? `✖ ${error.message}` : error);
  deno.exit(1);
}

async function main(): Promise<void> {
  const options = readSelfhostOptions(deno.env.toObject());
  const newAdminKey = await prepare(options);
  if (newAdminKey) console.log(`\n  API key   ${newAdminKey}\n            It is shown this once: keep it.\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) deno.addSignalListener(signal, () => deno.exit(0));
  const onListen = () => console.log(`Millrace (${options.ROLE}) answers on http://${options.HOST}:${options.PORT}`);
  deno.serve({ hostname: options.HOST, port: options.PORT, onListen }, createResidentHandler(options));
}
