// The workerd process of a self-hosted deployment.
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { workerdBinary } from "../local/workerd-binary.ts";
import { workerdConfig } from "../local/workerd-config.ts";
import type { WorkerSettings } from "../worker-settings.ts";
import type { SelfhostOptions } from "./options.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export function startWorker(options: SelfhostOptions, stopToken: string): ChildProcess {
  const data = resolve(options.MILLRACE_DATA);
  // Several processes may share one data directory, and with it the uploads; each has a configuration of its own.
  const own = options.MILLRACE_RUN_DIR ? resolve(options.MILLRACE_RUN_DIR) : join(data, `process-${options.PORT}`);
  const blobs = join(data, "blobs");
  for (const directory of [own, blobs]) mkdirSync(directory, { recursive: true });
  const config = join(own, "workerd.capnp");
  writeFileSync(config, workerdConfig({ workerPath: "worker.js", httpAllow: options.MILLRACE_HTTP_ALLOW }), { mode: 0o600 });
  copyFileSync(join(ROOT, "dist/workerd/worker.js"), join(own, "worker.js"));
  const settings: WorkerSettings = {
    role: options.ROLE,
    databaseConnections: options.MILLRACE_DATABASE_CONNECTIONS,
    maxUploadBytes: options.MILLRACE_MAX_UPLOAD_BYTES,
    sweepSeconds: options.MILLRACE_SWEEP_SECONDS,
    consumerConcurrency: options.MILLRACE_CONSUMER_CONCURRENCY,
    httpAllow: options.MILLRACE_HTTP_ALLOW,
    stopToken,
    logLevel: options.LOG_LEVEL,
  };
  const host = options.HOST.includes(":") ? `[${options.HOST}]` : options.HOST;
  const directories = ["--directory-path", `blobs=${blobs}`, "--directory-path", `ui=${join(ROOT, "dist/ui")}`];
  return spawn(workerdBinary(), ["serve", config, "--socket-addr", `http=${host}:${options.PORT}`, ...directories], {
    stdio: "inherit",
    // Ctrl-C in a terminal reaches a whole process group: workerd must live on until its consumers are done.
    detached: process.platform !== "win32",
    env: {
      PATH: process.env["PATH"],
      DATABASE_URL: options.DATABASE_URL,
      MILLRACE_WORKER: JSON.stringify(settings),
      ...(options.REDIS_URL ? { REDIS_URL: options.REDIS_URL } : {}),
    },
  });
}
