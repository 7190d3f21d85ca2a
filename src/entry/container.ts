// What the container image runs, bundled into one file by scripts/build: `serve` (the default; ROLE says which part),
// `migrate` and `secrets`, which end when they are done.
import { makeSecrets } from "./container/secrets.ts";
import { UsageError } from "./local/options.ts";
import { readSelfhostOptions } from "./selfhost/options.ts";
import { prepare } from "./selfhost/prepare.ts";
import { serve } from "./selfhost/serve.ts";

const [command = "serve"] = process.argv.slice(2);

try {
  await run(command);
} catch (error) {
  console.error(error instanceof UsageError ? `✖ ${error.message}` : error);
  process.exit(1);
}

async function run(name: string): Promise<void> {
  if (name === "serve") return serve(readSelfhostOptions(process.env));
  if (name === "migrate") {
    await prepare({ ...readSelfhostOptions(process.env), MILLRACE_MIGRATE: "true" });
    console.log("The schema is up to date.");
  } else if (name === "secrets") {
    const newAdminKey = makeSecrets({ directory: "/secrets", ownDirectory: "/own-secrets", environment: process.env });
    if (newAdminKey) console.log(`\n  API key   ${newAdminKey}\n            It is shown this once: keep it.\n`);
    console.log("The secrets are in place.");
  } else {
    throw new UsageError(`'${name}' is none of serve, migrate, secrets.`);
  }
}
