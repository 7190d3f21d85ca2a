// What every test of the runner process needs: a remote API, a runner set up for it, and commands to run.
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import type { JobId } from "../../../src/contract/ids.ts";
import { type RemoteApi, startRemoteApi } from "./remote-api.ts";
import { type RunnerSetup, setUpRunner } from "./runner-process.ts";

const shell = (script: string) => ({ argv: ["sh", "-c", script] });
const COMMANDS = {
  quick: shell('echo \'{"ok":true}\' > "$MILLRACE_OUTPUT_DIR/result.json"'),
  half: shell('echo started; sleep 0.8; echo \'{"ok":true}\' > "$MILLRACE_OUTPUT_DIR/result.json"'),
  long: shell("echo started $$; sleep 60"),
  stubborn: shell('trap "" TERM; echo started $$; while :; do sleep 0.05; done'),
  artifact: shell('head -c 3000000 /dev/zero > "$MILLRACE_OUTPUT_DIR/big.bin"; echo hi > "$MILLRACE_OUTPUT_DIR/é 你好.txt"'),
  noisy: shell("seq 30000"),
  crash: shell("echo the reason >&2; exit 9"),
};

export interface RunnerFixture {
  /** The API of the test that runs now. */
  readonly api: RemoteApi;
  readonly setup: RunnerSetup;
  command(name: keyof typeof COMMANDS, options?: Parameters<RemoteApi["enqueue"]>[2]): JobId;
  /** Files of results that wait for delivery. */
  spooled(): Promise<string[]>;
  untilStarted(id: JobId): Promise<unknown>;
  /** The process id that the job's command logs. */
  pidOf(id: JobId): Promise<number>;
}

/** Call it at the top of a test file. Each test has its own API and runner, and must not have broken the contract. */
export function runnerFixture(): RunnerFixture {
  let api: RemoteApi;
  let setup: RunnerSetup;
  beforeEach(async () => {
    api = await startRemoteApi();
    setup = await setUpRunner(api.url, COMMANDS);
  });
  afterEach(async () => {
    await setup.close();
    await api.close();
    expect(api.violations).toEqual([]);
  });
  const untilStarted = (id: JobId) => api.until(id, ({ logs }) => logs.some(({ line }) => line.startsWith("started")));
  return {
    get api() {
      return api;
    },
    get setup() {
      return setup;
    },
    command: (name, options = {}) => api.enqueue("command", { command: name }, options),
    spooled: async () => (await readdir(join(setup.dataDirectory, "spool"))).filter((name) => name.endsWith(".json")),
    untilStarted,
    pidOf: async (id) => Number((await untilStarted(id)).logs.map(({ line }) => /started (\d+)/.exec(line)?.[1]).find(Boolean)),
  };
}

/** A zombie has ended: somebody only has to take note of it. */
export function lives(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== "Z" && state !== "X";
}

export function parentOf(pid: number): number {
  return Number(statOf(pid)?.[1]);
}

/** proc(5)'s stat from field 3 on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
