// `npm run start:deno`: builds the dashboard and runs Millrace on Deno, with the permissions that it needs.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { buildIfStale, ROOT } from "./build/build-if-stale.ts";

await buildIfStale({ onBuild: (name) => console.log(`Building ${name} …`) });
const permissions = ["--allow-net", "--allow-env", "--allow-read", "--allow-write", "--allow-sys"];
const child = spawn(join(ROOT, "node_modules/.bin/deno"), ["run", "--no-check", ...permissions, join(ROOT, "src/entry/deno.ts")], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 0 : (code ?? 1)));
