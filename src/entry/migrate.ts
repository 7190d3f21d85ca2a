// `npm run migrate`: brings the database at DATABASE_URL to the newest schema. Safe to run twice and at once.
import { UsageError } from "./local/options.ts";
import { readSelfhostOptions } from "./selfhost/options.ts";
import { prepare } from "./selfhost/prepare.ts";

try {
  const newAdminKey = await prepare({ ...readSelfhostOptions(process.env), MILLRACE_MIGRATE: "true" });
  console.log("The schema is up to date.");
  if (newAdminKey) console.log(`\n  API key   ${newAdminKey}\n            It is shown this once: keep it.\n`);
} catch (error) {
  console.error(error instanceof UsageError ? `✖ ${error.message}` : error);
  process.exitCode = 1;
}
