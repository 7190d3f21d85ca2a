// Writes openapi.json from the routes; with --check, fails where the committed file is not what the routes say.
import { readFileSync, writeFileSync } from "node:fs";
import { createApp } from "../src/api/app.ts";
import type { ApiServices } from "../src/api/services.ts";

const file = new URL("../openapi.json", import.meta.url);

// Describing the routes needs no service but a clock and a log.
const app = createApp({ clock: { now: Date.now }, logger: console } as unknown as ApiServices);
const response = await app.request("/api/openapi.json");
if (!response.ok) throw new Error(`the routes could not be described: ${await response.text()}`);
const written = `${JSON.stringify(await response.json(), null, 2)}\n`;

if (!process.argv.includes("--check")) {
  writeFileSync(file, written);
} else if (readFileSync(file, "utf8") !== written) {
  console.error("openapi.json is not what the routes say. Run: npm run openapi, and look at the difference.");
  process.exitCode = 1;
}
