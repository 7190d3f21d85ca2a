// One child process of the supervisor: started, watched, started again when it ends unasked, and stopped in order.
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { guard } from "./guard.ts";
import type { LogFile } from "./log-file.ts";

export type ChildDefinition = {
  name: string;
  command: string;
  args: readonly string[];
  env: Record<string, string | undefined>;
  /** Opens the channel between Node processes (`send`, `message`). */
  hasChannel?: boolean;
  /** Holds the child's stdin open; it closes with us, which some children take as the sign to end. */
  holdsStdin?: boolean;
  /** What to send it, if we are killed, before SIGKILL. */
  guardSignal?: NodeJS.Signals;
  /** Called after each start. */
  onStart?: (process: ChildProcess) => void;
};

export type ChildEvents = {
  log: LogFile;
  /** One line for the terminal. */
  say: (line: string) => void;
  /** A warning or error that the child logged. */
  warn: (line: string) => void;
  /** The child's process id, or null once it has ended. */
  onPid: (pid: number | null) => void;
};

const FIRST_BACKOFF_MILLISECONDS = 100;
const LAST_BACKOFF_MILLISECONDS = 10_000;
/** Who ran so long was well: its next end is a new story. */
const STABLE_MILLISECONDS = 30_000;
const KEPT_LINES = 3;

export class Child {
  /** Called after each start from now on. */
  onStart: () => void = () => {};
  readonly #definition: ChildDefinition;
  readonly #events: ChildEvents;
  #process: ChildProcess | null = null;
  #releaseGuard: () => void = () => {};
  #backoff = FIRST_BACKOFF_MILLISECONDS;
  #restart: NodeJS.Timeout | undefined;
  #isStopping = false;
  #failures = 0;
  #lastWords: string[] = [];
  #onEnd: (() => void)[] = [];

  constructor(definition: ChildDefinition, events: ChildEvents) {
    this.#definition = definition;
    this.#events = events;
  }

  get name(): string {
    return this.#definition.name;
  }

  /** How often it ended unasked. */
  get failures(): number {
    return this.#failures;
  }

  get process(): ChildProcess | null {
    return this.#process;
  }

  start(): void {
    const { command, args, env, hasChannel, holdsStdin } = this.#definition;
    const startedAt = Date.now();
    this.#lastWords = [];
    const child = spawn(command, args, {
      env,
      // Its own process group: the terminal's Ctrl-C is for us, who stop the children in order.
      detached: true,
      stdio: [holdsStdin ? "pipe" : "ignore", "pipe", "pipe", ...(hasChannel ? ["ipc" as const] : [])],
    } satisfies SpawnOptions);
    this.#process = child;
    let isOver = false;
    const over = (how: string) => {
      if (isOver) return;
      isOver = true;
      this.#ended(how, Date.now() - startedAt);
    };
    child.once("error", (error) => over(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) => over(signal ? `was ended by ${signal}` : `ended with code ${code}`));
    child.stdin?.on("error", () => {});
    if (child.pid === undefined) return;
    this.#readLines(child.stdout);
    this.#readLines(child.stderr);
    this.#events.onPid(child.pid);
    this.#releaseGuard = guard(child.pid, this.#definition.guardSignal);
    this.#definition.onStart?.(child);
    this.onStart();
  }

  /** Asks it to end, and ends it for certain after so long. It is not started again. */
  async stop(signal: NodeJS.Signals | "close", graceMilliseconds: number): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    const child = this.#process;
    if (!child) return;
    const ended = new Promise<void>((resolve) => this.#onEnd.push(resolve));
    if (signal === "close" && child.connected) child.send({ type: "close" });
    else child.kill(signal === "close" ? "SIGTERM" : signal);
    const timer = setTimeout(() => this.kill(), graceMilliseconds);
    await ended;
    clearTimeout(timer);
  }

  /** Ends it now. Unless it was asked to stop before, it is started again. */
  kill(): void {
    this.#process?.kill("SIGKILL");
  }

  #ended(how: string, ranMilliseconds: number): void {
    this.#process = null;
    this.#releaseGuard();
    this.#events.onPid(null);
    for (const resolve of this.#onEnd.splice(0)) resolve();
    if (this.#isStopping) return;
    this.#failures++;
    if (ranMilliseconds > STABLE_MILLISECONDS) this.#backoff = FIRST_BACKOFF_MILLISECONDS;
    const words = this.#lastWords.length > 0 ? ` Its last words: ${this.#lastWords.join(" | ")}` : "";
    this.#events.say(`The ${this.name} ${how}; starting it again in ${this.#backoff} ms.${words}`);
    this.#restart = setTimeout(() => this.start(), this.#backoff);
    this.#backoff = Math.min(this.#backoff * 2, LAST_BACKOFF_MILLISECONDS);
  }

  #readLines(stream: Readable | null): void {
    if (!stream) return;
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
      this.#events.log.write(line);
      const entry = parseEntry(line);
      if (!entry) this.#lastWords = [...this.#lastWords, line.slice(0, 300)].slice(-KEPT_LINES);
      else if (entry.level >= 40) this.#events.warn(`${this.name}: ${entry.msg}${entry.error ? ` (${entry.error})` : ""}`);
    });
  }
}

type LogEntry = { level: number; msg: string; error: string };

function parseEntry(line: string): LogEntry | null {
  if (!line.startsWith("{")) return null;
  try {
    const { level, msg, error, reason } = JSON.parse(line) as Record<string, unknown>;
    const cause = typeof error === "object" && error !== null ? (error as { message?: unknown }).message : (error ?? reason);
    return typeof level === "number"
      ? { level, msg: String(msg), error: cause === undefined ? "" : (String(cause).split("\n")[0]?.slice(0, 300) ?? "") }
      : null;
  } catch {
    return null;
  }
}
