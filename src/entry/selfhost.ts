// What `npm run start:selfhost` runs: one workerd process over Postgres and Redis. Role `api` serves requests, `consumer`
// runs push queues, `all` does both. What starts it again when it ends is systemd, or whoever started it.
import { buildIfStale } from "../../scripts/build/build-if-stale.ts";
import { UsageError } from "./local/options.ts";
import { readSelfhostOptions } from "./selfhost/options.ts";
import { serve } from "./selfhost/serve.ts";

try {
  const options = readSelfhostOptions(process.env);
  await buildIfStale({ onBuild: (name) => console.log(`Building ${name} …`) });
  await serve(options);
} catch (error) {
  console.error(error instanceof UsageError ? `✖ ${error.message}` : error);
  process.exit(1);
}
