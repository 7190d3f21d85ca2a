// Millrace under Deno, as `npm run start:deno` runs it; it ends when the tests do.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildIfStale, ROOT } from "../../../scripts/build/build-if-stale.ts";
import { guard } from "../../../src/entry/local/guard.ts";
import { eventually, freePort } from "../../support/servers/free-port.ts";

/** What a machine of one's own gives it. */
export const DENO_PERMISSIONS = ["--allow-net", "--allow-env", "--allow-read", "--allow-write", "--allow-sys"];

export type DenoProcess = { url: string; log(): string; stop(): Promise<void> };

/** `allow`: Deno's permissions. `variables` may depend on the address. Resolves when /health/ready does. */
export async function startDeno(
  allow: readonly string[],
  variables: (address: { url: string; port: number }) => Record<string, string>,
): Promise<DenoProcess> {
  await buildIfStale();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const home = mkdtempSync(join(tmpdir(), "millrace-deno-"));
  const child = spawn(join(ROOT, "node_modules/.bin/deno"), ["run", "--no-check", ...allow, join(ROOT, "src/entry/deno.ts")], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: home, PORT: String(port), MILLRACE_DATA: home, LOG_LEVEL: "warn", ...variables({ url, port }) },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const release = child.pid === undefined ? () => {} : guard(child.pid);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve())).then(release);
  const giveUp = () => {
    if (child.exitCode !== null) throw new Error(`Deno ended early: ${log}`);
  };
  await eventually(
    async () => {
      const response = await fetch(`${url}/health/ready`);
      if (!response.ok) throw new Error(await response.text());
    },
    { giveUp },
  );
  return {
    url,
    log: () => log,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
