// Starts the real workerd with the test Worker and a policy, and ends it after the suite.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { findFreePort } from "../../../src/entry/local/ports.ts";
import { workerdConfig } from "../../../src/entry/local/workerd-config.ts";

export type TestWorkerd = { url: string; blobsDirectory: string; process: ChildProcess; stop(): Promise<void> };

export async function startWorkerd(options: { httpAllow?: string[]; databaseUrl?: string } = {}): Promise<TestWorkerd> {
  const directory = mkdtempSync(join(tmpdir(), "millrace-workerd-"));
  const blobsDirectory = join(directory, "blobs");
  mkdirSync(blobsDirectory);
  await build({
    entryPoints: [fileURLToPath(new URL("port-worker.ts", import.meta.url))],
    outfile: join(directory, "worker.js"),
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "import"],
    external: ["cloudflare:*", "node:*"],
    logLevel: "error",
  });
  writeFileSync(join(directory, "workerd.capnp"), workerdConfig({ workerPath: "worker.js", httpAllow: options.httpAllow ?? [] }));
  const port = await findFreePort();
  const child = spawn(
    fileURLToPath(new URL("../../../node_modules/workerd/bin/workerd", import.meta.url)),
    [
      "serve",
      join(directory, "workerd.capnp"),
      "--socket-addr",
      `http=127.0.0.1:${port}`,
      "--directory-path",
      `blobs=${blobsDirectory}`,
      "--directory-path",
      `ui=${directory}`,
    ],
    { env: { ...process.env, DATABASE_URL: options.databaseUrl ?? "", MILLRACE_WORKER: "{}" }, stdio: ["ignore", "ignore", "ignore"] },
  );
  const url = `http://127.0.0.1:${port}`;
  await untilItAnswers(`${url}/check`);
  return {
    url,
    blobsDirectory,
    process: child,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      if (child.exitCode === null && child.signalCode === null && child.kill("SIGKILL")) await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function untilItAnswers(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      return void (await (await fetch(url)).text());
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`workerd does not answer at ${url}`);
}
