// A persistent executor: a child process that takes one run at a time over the protocol and stays warm between them.
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { messageOf } from "../log.ts";
import { takeReapedCpuSeconds } from "./children-cpu.ts";
import { createLineSplitter } from "./line-splitter.ts";
import type { Answer, Command, RunUsage } from "./protocol.ts";
import { createTail } from "./tail.ts";

export interface RunHooks {
  log(stream: "stdout" | "stderr", line: string): void;
  progress(fraction: number, note: string): void;
  chunk(text: string): void;
}

export type RunEnd =
  | { how: "done"; output: unknown; usage: RunUsage }
  | { how: "error"; code: string; message: string; retryable: boolean; usage: RunUsage }
  | { how: "cancelled"; usage: RunUsage }
  | { how: "crashed"; exitCode: number | null; signal: string | null; stderrTail: string[]; usage: RunUsage };

export interface ExecutorChild {
  readonly isAlive: boolean;
  /** One at a time. An abort cancels the run; a child that does not obey within the grace is killed. */
  run(command: Omit<Extract<Command, { t: "run" }>, "t">, hooks: RunHooks, signal: AbortSignal): Promise<RunEnd>;
  /** Resolves when the process is gone. */
  close(): Promise<void>;
}

/** A protocol line longer than this is a defect of the executor. */
const LONGEST_MESSAGE_CHARACTERS = 1024 * 1024;
const CANCEL_GRACE_MS = 3000;
const TERMINATE_GRACE_MS = 2000;

interface Current {
  id: string;
  hooks: RunHooks;
  end: (end: RunEnd) => void;
}

export function startExecutorChild({ argv, env }: { argv: readonly string[]; env: Record<string, string> }): ExecutorChild {
  const [program = "", ...parameters] = argv;
  const child = spawn(program, parameters, { env, stdio: ["pipe", "pipe", "pipe", "pipe"] });
  const tail = createTail();
  let current: Current | undefined;
  let isAlive = true;

  const gone = new Promise<void>((resolve) => {
    const leave = (exitCode: number | null, signal: string | null) => {
      if (!isAlive) return;
      isAlive = false;
      const cpuSeconds = takeReapedCpuSeconds();
      current?.end({ how: "crashed", exitCode, signal, stderrTail: tail.lines(), usage: cpuSeconds === undefined ? {} : { cpuSeconds } });
      resolve();
    };
    // "close" comes after the last lines of stderr, which say why; "exit" alone would miss them.
    child.once("close", leave);
    child.once("error", (error) => {
      tail.add(messageOf(error));
      leave(null, null);
    });
    // A grandchild may hold the pipes open after the executor has died.
    child.once("exit", (exitCode, signal) => setTimeout(() => leave(exitCode, signal), 500).unref());
  });

  listen(child, {
    onLog(stream, line) {
      if (stream === "stderr") tail.add(line);
      current?.hooks.log(stream, line);
    },
    onAnswer(answer) {
      if (!current || answer.t === "hello" || answer.id !== current.id) return;
      take(answer, current);
    },
  });

  function send(command: Command): void {
    if (isAlive) child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  return {
    get isAlive() {
      return isAlive;
    },
    async run(command, hooks, signal) {
      const timers: ReturnType<typeof setTimeout>[] = [];
      const cancel = () => {
        send({ t: "cancel", id: command.id });
        timers.push(
          setTimeout(() => child.kill("SIGTERM"), CANCEL_GRACE_MS),
          setTimeout(() => child.kill("SIGKILL"), CANCEL_GRACE_MS + TERMINATE_GRACE_MS),
        );
      };
      try {
        return await new Promise<RunEnd>((resolve) => {
          current = { id: command.id, hooks, end: resolve };
          if (!isAlive)
            return resolve({ how: "crashed", exitCode: child.exitCode, signal: child.signalCode, stderrTail: tail.lines(), usage: {} });
          send({ t: "run", ...command });
          signal.addEventListener("abort", cancel, { once: true });
          if (signal.aborted) cancel();
        });
      } finally {
        current = undefined;
        signal.removeEventListener("abort", cancel);
        for (const timer of timers) clearTimeout(timer);
      }
    },
    async close() {
      send({ t: "shutdown" });
      const force = setTimeout(() => child.kill("SIGKILL"), TERMINATE_GRACE_MS);
      await gone;
      clearTimeout(force);
    },
  };
}

function take(answer: Exclude<Answer, { t: "hello" }>, { hooks, end }: Current): void {
  switch (answer.t) {
    case "progress":
      hooks.progress(answer.total > 0 ? answer.done / answer.total : 0, answer.note);
      break;
    case "chunk":
      hooks.chunk(answer.d);
      break;
    case "done":
      end({ how: "done", output: answer.output, usage: answer.usage });
      break;
    case "error":
      end({ how: "error", code: answer.code, message: answer.message, retryable: answer.retryable, usage: answer.usage });
      break;
    case "cancelled":
      end({ how: "cancelled", usage: answer.usage });
      break;
    default:
      answer satisfies never;
  }
}

interface Listeners {
  onLog(stream: "stdout" | "stderr", line: string): void;
  onAnswer(answer: Answer): void;
}

function listen(child: ChildProcess, { onLog, onAnswer }: Listeners): void {
  const read = (stream: Readable | Writable | null | undefined, onLine: (line: string) => void, longest?: number) => {
    const splitter = createLineSplitter(onLine, longest);
    stream?.on("data", (bytes: Buffer) => splitter.push(bytes));
    stream?.on("end", () => splitter.end());
    stream?.on("error", () => undefined); // the exit tells it better
  };
  read(child.stdout, (line) => onLog("stdout", line));
  read(child.stderr, (line) => onLog("stderr", line));
  child.stdin?.on("error", () => undefined);
  read(
    child.stdio[3],
    (line) => {
      try {
        onAnswer(JSON.parse(line) as Answer);
      } catch {
        onLog("stderr", `millrace: the executor sent something that is not the protocol: ${line.slice(0, 200)}`);
      }
    },
    LONGEST_MESSAGE_CHARACTERS,
  );
}
