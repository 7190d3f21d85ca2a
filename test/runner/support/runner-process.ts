// Starts the real runner as a process of its own, in a data directory of its own, and listens to what it logs.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { KEY } from "./remote-api.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** The repository's own Node, whatever runs the tests. */
const NODE = join(ROOT, "node_modules/.bin/node");

export interface RunnerProcess {
  readonly pid: number;
  readonly output: string[];
  kill(signal: NodeJS.Signals): void;
  /** Closes the runner's stdin. */
  closeStdin(): void;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  untilLogged(part: string, timeoutMs?: number): Promise<string>;
}

export interface RunnerSetup {
  dataDirectory: string;
  start(env?: Record<string, string>): RunnerProcess;
  close(): Promise<void>;
}

/** @param commands the allow-list; scripts run with the repository's Node as `node`. */
export async function setUpRunner(
  url: string,
  commands: Record<string, { argv: string[]; timeoutSeconds?: number; env?: Record<string, string> }> = {},
): Promise<RunnerSetup> {
  const directory = await mkdtemp(join(tmpdir(), "runner-"));
  const configPath = join(directory, "runner.json");
  await writeFile(configPath, JSON.stringify({ commands }));
  const started: { process: ChildProcess; exited: Promise<unknown> }[] = [];
  const dataDirectory = join(directory, "data");

  return {
    dataDirectory,
    start(env = {}) {
      const child = spawn(NODE, [join(ROOT, "gpu-runner/src/main.ts")], {
        env: {
          PATH: process.env.PATH ?? "",
          HOME: directory,
          MILLRACE_URL: url,
          MILLRACE_TOKEN: KEY,
          RUNNER_DATA: dataDirectory,
          RUNNER_CONFIG: configPath,
          RUNNER_KILL_GRACE_SECONDS: "1",
          ...env,
        },
        stdio: ["pipe", "pipe", "pipe"],
      });
      const output: string[] = [];
      const listeners = new Set<() => void>();
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on("line", (line) => {
          output.push(line);
          for (const listener of [...listeners]) listener();
        });
      }
      const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
        child.once("exit", (code, signal) => resolve({ code, signal })),
      );
      started.push({ process: child, exited });
      return {
        pid: child.pid as number,
        output,
        kill: (signal) => void child.kill(signal),
        closeStdin: () => void child.stdin.end(),
        exited,
        untilLogged: (part, timeoutMs = 15_000) =>
          new Promise((resolve, reject) => {
            const look = () => {
              const line = output.find((one) => one.includes(part));
              if (line === undefined) return;
              clearTimeout(timer);
              listeners.delete(look);
              resolve(line);
            };
            const timer = setTimeout(() => reject(new Error(`"${part}" was not logged; there was:\n${output.join("\n")}`)), timeoutMs);
            listeners.add(look);
            look();
          }),
      };
    },
    async close() {
      for (const { process: child, exited } of started) {
        child.kill("SIGKILL");
        await exited;
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}
