// Runs a command from the configuration's allow-list in a directory and a process group of its own.
import type { ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import type { CommandConfig } from "../config.ts";
import { messageOf } from "../log.ts";
import { takeReapedCpuSeconds } from "./children-cpu.ts";
import { BadOutput, collectOutput } from "./command-output.ts";
import { type AttemptContext, badPayload, type Executor, failed, type Produced, type Usage } from "./executor.ts";
import { createLineSplitter } from "./line-splitter.ts";
import { groupLives, noteGroup, signalGroup } from "./process-group.ts";
import { createProgressReader } from "./progress-lines.ts";
import { createTail } from "./tail.ts";

const Payload = z.strictObject({ command: z.string().min(1).max(200), input: z.unknown().optional() });

const PIPES_LINGER_MS = 1000;
const UNKILLABLE_LINGER_MS = 10_000;
const GROUP_LOOK_EVERY_MS = 20;

export interface CommandExecutorOptions {
  commands: Record<string, CommandConfig>;
  /** PATH, HOME and LANG are taken from here, and nothing else. */
  environment: Record<string, string | undefined>;
  /** Between SIGTERM and SIGKILL. */
  killGraceSeconds: number;
}

export function createCommandExecutor(options: CommandExecutorOptions): Executor {
  return {
    kinds: ["command"],
    async run(context) {
      const payload = Payload.safeParse(context.job.payload);
      if (!payload.success) return badPayload("command", payload.error.issues);
      const { command, input = {} } = payload.data;
      const config = Object.hasOwn(options.commands, command) ? options.commands[command] : undefined;
      if (!config) {
        return failed(
          "bad_input",
          `This runner allows no command '${command}'. Commands are allowed by name in the file RUNNER_CONFIG names.`,
          { retryable: false },
        );
      }
      return runCommand({ context, config, input, options });
    },
    close: async () => undefined,
  };
}

interface CommandRun {
  context: AttemptContext;
  config: CommandConfig;
  input: unknown;
  options: CommandExecutorOptions;
}

async function runCommand({ context, config, input, options }: CommandRun): Promise<Produced> {
  const { job, directory, signal } = context;
  const paths = {
    input: join(directory, "input.json"),
    output: join(directory, "output"),
    work: join(directory, "work"),
    temporary: join(directory, "tmp"),
  };
  for (const path of [paths.output, paths.work, paths.temporary]) await mkdir(path, { recursive: true });
  await writeFile(paths.input, JSON.stringify(input));

  const { environment } = options;
  const [program = "", ...parameters] = config.argv;
  const stderrTail = createTail();
  const lines = (stream: "stdout" | "stderr") =>
    createLineSplitter((line) => {
      if (stream === "stderr") stderrTail.add(line);
      context.log(stream, line);
    });
  const readers = [
    lines("stdout"),
    lines("stderr"),
    createProgressReader({ progress: context.progress, warn: (line) => context.log("stderr", line) }),
  ] as const;

  const child = execa(program, parameters, {
    cwd: paths.work,
    extendEnv: false,
    env: {
      PATH: environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
      HOME: environment["HOME"] ?? paths.work,
      LANG: environment["LANG"] ?? "C.UTF-8",
      TMPDIR: paths.temporary,
      ...config.env,
      MILLRACE_INPUT: paths.input,
      MILLRACE_OUTPUT_DIR: paths.output,
      MILLRACE_JOB_ID: job.id,
      MILLRACE_ATTEMPT: String(job.attempt),
    },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    buffer: false,
    reject: false,
    killDescendants: true,
    forceKillAfterDelay: false, // we escalate ourselves, also when only grandchildren are left
    cleanup: false, // the runner stops its commands in an order of its own
  });
  for (const [index, stream] of [child.stdout, child.stderr, child.stdio[3]].entries()) {
    const reader = readers[index];
    if (!stream || !("on" in stream) || !reader) continue;
    stream.on("data", (bytes: Buffer) => reader.push(bytes));
    stream.on("end", () => reader.end());
    stream.on("error", () => reader.end());
  }
  let cpuSeconds: number | undefined;
  child.nodeChildProcess.once("exit", () => {
    cpuSeconds = takeReapedCpuSeconds();
  });
  const ownLimit = config.timeoutSeconds === undefined ? undefined : AbortSignal.timeout(config.timeoutSeconds * 1000);
  const stop = ownLimit ? AbortSignal.any([signal, ownLimit]) : signal;
  const { pid } = child;
  if (pid !== undefined) {
    const gone = untilGroupIsGone({ pid, child: child.nodeChildProcess, stop, graceMs: options.killGraceSeconds * 1000 });
    await noteGroup(directory, pid).catch(() => undefined);
    await gone;
  }
  // A process that left the group by setsid may hold our pipes open; it must not hold the job.
  const letGo = setTimeout(() => {
    for (const stream of [child.stdout, child.stderr, child.stdio[3]]) if (stream && "destroy" in stream) stream.destroy();
  }, PIPES_LINGER_MS);
  const ended = await child;
  clearTimeout(letGo);
  const usage: Usage = cpuSeconds === undefined ? {} : { cpuSeconds };

  if (signal.aborted) return { outcome: "stopped", usage };
  if (ownLimit?.aborted) {
    return failed("timeout", `The command ran longer than the ${config.timeoutSeconds} s its configuration allows.`, {
      retryable: true,
      usage,
      details: { stderrTail: stderrTail.lines() },
    });
  }
  if (pid === undefined) {
    return failed("executor_crash", `The command could not be started: ${ended.cause ? messageOf(ended.cause) : ended.shortMessage}`, {
      retryable: false,
      usage,
    });
  }
  if (ended.exitCode !== 0) {
    const details = { exitCode: ended.exitCode ?? null, signal: ended.signal ?? null, stderrTail: stderrTail.lines() };
    const how = ended.signal ? `was ended by ${ended.signal}` : `ended with exit code ${ended.exitCode}`;
    const words = stderrTail.lines().slice(-5).join("\n");
    return failed(ended.signal ? "executor_crash" : "exit_code", `The command ${how}.${words ? `\n${words}` : ""}`, {
      retryable: true,
      details,
      usage,
    });
  }
  try {
    const { result, files } = await collectOutput(paths.output);
    return { outcome: "completed", result: () => result, files, usage };
  } catch (error) {
    if (error instanceof BadOutput) return failed("bad_output", error.message, { retryable: false, usage });
    throw error;
  }
}

interface GroupWatch {
  pid: number;
  child: Pick<ChildProcess, "once">;
  stop: AbortSignal;
  graceMs: number;
}

/**
 * Resolves when the command has exited and its group is gone. A stop sends SIGTERM to the group, and SIGKILL after the
 * grace; what outlives the command itself gets the same, for a group left alone would hold memory and files for ever.
 */
function untilGroupIsGone({ pid, child, stop, graceMs }: GroupWatch): Promise<void> {
  return new Promise((resolve) => {
    let force: ReturnType<typeof setTimeout> | undefined;
    let poll: ReturnType<typeof setInterval> | undefined;
    let killedAt = Number.POSITIVE_INFINITY;
    const end = () => {
      if (force) return;
      signalGroup(pid, "SIGTERM");
      force = setTimeout(() => {
        signalGroup(pid, "SIGKILL");
        killedAt = performance.now();
      }, graceMs);
    };
    const finish = () => {
      stop.removeEventListener("abort", end);
      clearTimeout(force);
      clearInterval(poll);
      resolve();
    };
    child.once("exit", () => {
      if (!groupLives(pid)) return finish();
      end();
      poll = setInterval(() => {
        // A process that SIGKILL does not end hangs in the kernel; waiting for it helps nobody.
        if (!groupLives(pid) || performance.now() - killedAt > UNKILLABLE_LINGER_MS) finish();
      }, GROUP_LOOK_EVERY_MS);
    });
    stop.addEventListener("abort", end, { once: true });
    if (stop.aborted) end();
  });
}
