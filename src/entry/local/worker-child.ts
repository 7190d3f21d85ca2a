// The workerd process as the supervisor sees it.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../scripts/build/build-if-stale.ts";
import type { WorkerSettings } from "../worker-settings.ts";
import { Child, type ChildEvents } from "./child.ts";
import { childEnvironment } from "./child-environment.ts";
import type { LocalOptions } from "./options.ts";
import { workerdBinary } from "./workerd-binary.ts";
import { workerdConfig } from "./workerd-config.ts";

export function createWorkerChild(options: LocalOptions, databaseUrl: string, events: ChildEvents): Child {
  const configPath = join(options.dataDirectory, "workerd.capnp");
  writeFileSync(configPath, workerdConfig({ workerPath: "worker.js", httpAllow: options.MILLRACE_HTTP_ALLOW }), { mode: 0o600 });
  // A copy beside the configuration, which embeds by relative paths; a build under way never reaches a running Millrace.
  copyFileSync(join(ROOT, "dist/workerd/worker.js"), join(options.dataDirectory, "worker.js"));
  mkdirSync(join(ROOT, "dist/ui"), { recursive: true });
  const settings: WorkerSettings = {
    role: "all",
    databaseConnections: 1,
    maxUploadBytes: options.MILLRACE_MAX_UPLOAD_BYTES,
    sweepSeconds: options.MILLRACE_SWEEP_SECONDS,
    consumerConcurrency: options.MILLRACE_CONSUMER_CONCURRENCY,
    httpAllow: options.MILLRACE_HTTP_ALLOW,
    logLevel: options.LOG_LEVEL,
  };
  return new Child(
    {
      name: "API",
      command: workerdBinary(),
      args: [
        "serve",
        configPath,
        "--socket-addr",
        `http=${options.host.includes(":") ? `[${options.host}]` : options.host}:${options.port}`,
        "--directory-path",
        `blobs=${join(options.dataDirectory, "blobs")}`,
        "--directory-path",
        `ui=${join(ROOT, "dist/ui")}`,
      ],
      env: { ...childEnvironment(), DATABASE_URL: databaseUrl, MILLRACE_WORKER: JSON.stringify(settings) },
    },
    events,
  );
}
