// Starts the real thing for tests: the whole product under its supervisor, or workerd alone with the built bundle in
// front of a suite's own Postgres. Neither outlives the test run, even one that is killed.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildIfStale, ROOT } from "../../scripts/build/build-if-stale.ts";
import { openDatabase } from "../../src/adapters/selfhost/database.ts";
import { ensureKey } from "../../src/core/bootstrap.ts";
import { guard } from "../../src/entry/local/guard.ts";
import { waitUntilReady } from "../../src/entry/local/watch-api.ts";
import { workerdBinary } from "../../src/entry/local/workerd-binary.ts";
import { workerdConfig } from "../../src/entry/local/workerd-config.ts";
import { WorkerSettings } from "../../src/entry/worker-settings.ts";
import { eventually, freePort } from "./servers/free-port.ts";

/** The repository's own Node, whatever runs the tests. */
export const NODE = join(ROOT, "node_modules/.bin/node");
const KEPT_LOG_CHARACTERS = 20_000;

export const makeTestKey = () => `mr_${randomBytes(24).toString("hex")}`;

export interface RunningProcess {
  readonly pid: number;
  /** The end of what it wrote. */
  log(): string;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<void>;
}

/** A process that ends when we do. */
function run(command: string, args: readonly string[], env: Record<string, string | undefined>): RunningProcess {
  const child = spawn(command, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-KEPT_LOG_CHARACTERS);
    });
  }
  const release = child.pid === undefined ? () => {} : guard(child.pid);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()).once("error", () => resolve())).then(release);
  return { pid: child.pid ?? 0, log: () => log, kill: (signal) => void child.kill(signal), exited };
}

export interface Millrace {
  readonly url: string;
  readonly adminKey: string;
  readonly dataDirectory: string;
  /** What the supervisor wrote since its last start. */
  log(): string;
  /** Process ids as they are now, from the data directory's lock; a child that is being started again has none. */
  pids(): { supervisor: number; database?: number; api?: number; runner?: number };
  /** SIGKILLs one child; the supervisor starts it again. False where it was not running. */
  killChild(name: "database" | "api" | "runner"): boolean;
  /** SIGKILLs the supervisor itself; `start` brings everything back on the same data. */
  killAll(): Promise<void>;
  start(): Promise<void>;
  /** Ends everything and removes the data. */
  stop(): Promise<void>;
}

/** The supervisor of `npm start` on a free port with data of its own, ready to be asked. */
export async function startMillrace({
  runner = true,
  env = {},
}: {
  runner?: boolean;
  env?: Record<string, string>;
} = {}): Promise<Millrace> {
  await buildIfStale();
  const dataDirectory = mkdtempSync(join(tmpdir(), "millrace-test-"));
  const [port, adminKey] = [await freePort(), makeTestKey()];
  const args = [join(ROOT, "src/entry/local.ts"), "--port", String(port), "--data", dataDirectory, ...(runner ? [] : ["--no-runner"])];
  let supervisor: RunningProcess | null = null;

  const millrace: Millrace = {
    url: `http://127.0.0.1:${port}`,
    adminKey,
    dataDirectory,
    log: () => supervisor?.log() ?? "",
    pids() {
      const { pid, children } = JSON.parse(readFileSync(join(dataDirectory, "lock"), "utf8"));
      return { supervisor: pid, ...children };
    },
    killChild(name) {
      const pid = millrace.pids()[name];
      return pid !== undefined && signal(pid, "SIGKILL");
    },
    async killAll() {
      supervisor?.kill("SIGKILL");
      await supervisor?.exited;
    },
    async start() {
      supervisor = run(NODE, args, { ...process.env, MILLRACE_ADMIN_KEY: adminKey, RUNNER_KILL_GRACE_SECONDS: "1", ...env });
      let hasEnded = false;
      void supervisor.exited.then(() => {
        hasEnded = true;
      });
      const giveUp = () => {
        if (hasEnded) throw new Error(`Millrace ended early. Its last words:\n${millrace.log()}`);
      };
      await eventually(
        async () => {
          if (!millrace.log().includes("Millrace is running")) throw new Error(`it is not there yet:\n${millrace.log()}`);
        },
        { seconds: 90, giveUp },
      );
    },
    async stop() {
      supervisor?.kill("SIGTERM");
      const impatient = setTimeout(() => supervisor?.kill("SIGKILL"), 10_000);
      await supervisor?.exited;
      clearTimeout(impatient);
      await removeWhenFree(dataDirectory);
    },
  };
  await millrace.start();
  return millrace;
}

export interface TestApi {
  readonly url: string;
  /** A key with scope `admin`. */
  readonly adminKey: string;
  readonly pid: number;
  /** Where uploads are kept. */
  readonly blobs: string;
  log(): string;
  stop(): Promise<void>;
}

/** workerd alone, with the bundle that `npm start` serves, on a database that is migrated already. */
export async function startApi({
  databaseUrl,
  settings = {},
}: {
  databaseUrl: string;
  settings?: Partial<WorkerSettings>;
}): Promise<TestApi> {
  await buildIfStale();
  const directory = mkdtempSync(join(tmpdir(), "millrace-api-"));
  const blobs = join(directory, "blobs");
  mkdirSync(blobs);
  const [port, adminKey] = [await freePort(), makeTestKey()];
  const all = WorkerSettings.parse({ databaseConnections: 8, sweepSeconds: 1, ...settings });
  writeFileSync(join(directory, "workerd.capnp"), workerdConfig({ workerPath: "worker.js", httpAllow: all.httpAllow }));
  copyFileSync(join(ROOT, "dist/workerd/worker.js"), join(directory, "worker.js"));

  const { db, close } = openDatabase(databaseUrl, { max: 1 });
  await ensureKey(db, { key: adminKey, name: "test admin", scopes: ["admin"] });
  await close();

  const args = [
    ...["serve", join(directory, "workerd.capnp"), "--socket-addr", `http=127.0.0.1:${port}`],
    ...["--directory-path", `blobs=${blobs}`, "--directory-path", `ui=${directory}`],
  ];
  const workerd = run(workerdBinary(), args, { ...process.env, DATABASE_URL: databaseUrl, MILLRACE_WORKER: JSON.stringify(all) });
  let hasEnded = false;
  void workerd.exited.then(() => {
    hasEnded = true;
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntilReady(url, () => hasEnded).catch((error: Error) => {
    throw new Error(`workerd does not get ready: ${error.message}\n${workerd.log()}`);
  });
  return {
    url,
    adminKey,
    pid: workerd.pid,
    blobs,
    log: workerd.log,
    async stop() {
      workerd.kill("SIGKILL");
      await workerd.exited;
      await removeWhenFree(directory);
    },
  };
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Processes that were just killed may still be writing. */
function removeWhenFree(directory: string): Promise<void> {
  return eventually(async () => rmSync(directory, { recursive: true, force: true }), { seconds: 10 });
}
