// Starts the database, the API and the runner, keeps them running, and stops them in order.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildIfStale, ROOT } from "../../../scripts/build/build-if-stale.ts";
import { loadMigrations } from "../migrations.ts";
import { removeBrokenUploads } from "./broken-uploads.ts";
import type { Child, ChildEvents } from "./child.ts";
import { type DataDirectory, openDataDirectory } from "./data-directory.ts";
import { createDatabaseChild, type DatabaseChild } from "./database-child.ts";
import { LogFile } from "./log-file.ts";
import { type LocalOptions, UsageError } from "./options.ts";
import { findFreePort, requireFreePort } from "./ports.ts";
import type { Prepared } from "./prepare-database.ts";
import { createRunnerChild, urlHost } from "./runner-child.ts";
import { createTerminal, type Terminal } from "./terminal.ts";
import { waitUntilReady, watchApi } from "./watch-api.ts";
import { createWorkerChild } from "./worker-child.ts";

/** A process that ends so often before it was ever well will not get well by itself. */
const MAX_START_FAILURES = 3;
/** More than the runner's own RUNNER_DRAIN_SECONDS by default (30). */
const RUNNER_GRACE_MILLISECONDS = 40_000;
const API_GRACE_MILLISECONDS = 1_000;
const DATABASE_GRACE_MILLISECONDS = 15_000;

export class Supervisor {
  readonly #options: LocalOptions;
  readonly #stopped = new AbortController();
  #directory: DataDirectory | null = null;
  #children: { database?: Child; api?: Child; runner?: Child } = {};
  #stopping: Promise<void> | null = null;

  constructor(options: LocalOptions) {
    this.#options = options;
  }

  /** Resolves when everything runs. Throws `UsageError` for what the person who started us can mend. */
  async start(): Promise<void> {
    const options = this.#options;
    await requireFreePort(options.host, options.port);
    this.#directory = await openDataDirectory(options.dataDirectory);
    const terminal = createTerminal(join(options.dataDirectory, "logs"));
    const database = createDatabaseChild(
      { dataDirectory: options.dataDirectory, port: await findFreePort() },
      this.#events("database", terminal),
    );
    this.#children.database = database.child;
    database.child.start();
    const built = buildIfStale({ onBuild: (name) => terminal.say(`Building ${name} …`) });
    const [keys] = await Promise.all([this.#prepareDatabase(database, built), built]);

    const api = createWorkerChild(options, database.url, this.#events("api", terminal));
    this.#children.api = api;
    api.start();
    const baseUrl = `http://${urlHost(options.host)}:${options.port}`;
    await waitUntilReady(baseUrl, () => api.failures >= MAX_START_FAILURES).catch((error: Error) => {
      throw new UsageError(`The API does not get ready: ${error.message}\nIts log is ${join(options.dataDirectory, "logs", "api.log")}.`);
    });
    if (options.withRunner) {
      this.#children.runner = createRunnerChild(options, keys.runnerToken, this.#events("runner", terminal));
      this.#children.runner.start();
    }
    this.#keepWell(api, baseUrl, terminal);
    this.#greet(terminal, keys.newAdminKey);
  }

  /** Lets the runner finish or give back its jobs, then ends the API, then the database. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  /** Ends everything at once. Nothing acknowledged is lost by it. */
  kill(): void {
    for (const child of Object.values(this.#children)) child?.kill();
    this.#directory?.release();
  }

  async #prepareDatabase(database: DatabaseChild, built: Promise<unknown>): Promise<Prepared> {
    await database.ready.catch((error: Error) => {
      throw new UsageError(
        `The database in ${join(this.#options.dataDirectory, "postgres")} cannot be opened: ${error.message}\n` +
          "Start with another directory (--data <dir>), or put a backup of this one in its place.",
      );
    });
    await built;
    const bundle = pathToFileURL(join(ROOT, "dist/local/prepare-database.js")).href;
    const { prepareDatabase } = (await import(bundle)) as typeof import("./prepare-database.ts");
    const { dataDirectory, MILLRACE_ADMIN_KEY: adminKey } = this.#options;
    return prepareDatabase(database.url, { dataDirectory, adminKey, migrations: loadMigrations() });
  }

  #keepWell(api: Child, baseUrl: string, terminal: Terminal): void {
    const blobs = join(this.#options.dataDirectory, "blobs");
    const tidy = () => void removeBrokenUploads(blobs, api.process?.pid).catch(() => {});
    tidy();
    // The first request after a restart wakes the resident, whose loops run the jobs.
    api.onStart = () => void waitUntilReady(baseUrl, () => false).then(tidy, () => {});
    const onHang = () => {
      terminal.say("The API does not answer any more; ending it.");
      api.kill();
    };
    void watchApi(baseUrl, { signal: this.#stopped.signal, onHang });
  }

  async #stopAll(): Promise<void> {
    this.#stopped.abort();
    const { database, api, runner } = this.#children;
    await runner?.stop("SIGTERM", RUNNER_GRACE_MILLISECONDS);
    await api?.stop("SIGTERM", API_GRACE_MILLISECONDS);
    await database?.stop("close", DATABASE_GRACE_MILLISECONDS);
    this.#directory?.release();
  }

  #events(name: string, terminal: Terminal): ChildEvents {
    return {
      log: new LogFile(join(this.#options.dataDirectory, "logs", `${name}.log`)),
      say: (line) => terminal.say(line),
      warn: (line) => terminal.warn(line),
      onPid: (pid) => this.#directory?.setChild(name, pid),
    };
  }

  #greet(terminal: Terminal, newAdminKey: string | null): void {
    const { dataDirectory, host, port, withRunner } = this.#options;
    const url = `http://${host === "127.0.0.1" ? "localhost" : urlHost(host)}:${port}`;
    terminal.say("");
    terminal.say(`  Millrace is running${withRunner ? "" : " without a runner"}.`);
    terminal.say(`  Open      ${newAdminKey ? `${url}/#key=${newAdminKey}` : url}`);
    if (newAdminKey) {
      terminal.say(`  API key   ${newAdminKey}`);
      terminal.say("            It is shown this once: keep it.");
    }
    terminal.say(`  API       ${url}/api/docs`);
    terminal.say(`  Data      ${dataDirectory} (logs in ${join(dataDirectory, "logs")})`);
    terminal.say("  Stop      Ctrl-C");
    terminal.say("");
  }
}
