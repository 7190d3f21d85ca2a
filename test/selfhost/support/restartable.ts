// A server of a test's own that may be stopped, killed and started again on the same port, and does not outlive the run.
import { type ChildProcess, spawn } from "node:child_process";
import { guard } from "../../../src/entry/local/guard.ts";
import { eventually } from "../../support/servers/free-port.ts";

export type Restartable = {
  readonly url: string;
  /** SIGSTOP and SIGCONT, or a signal that ends it. */
  signal(name: NodeJS.Signals): void;
  /** Ends it with this signal and resolves when it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again; resolves when it answers. */
  start(): Promise<void>;
};

type Options = {
  url: string;
  argv: [string, ...string[]];
  folder: string;
  user?: { uid: number; gid: number } | undefined;
  isThere: () => Promise<unknown>;
};

export function restartable({ url, argv: [command, ...args], folder, user, isThere }: Options): Restartable {
  let child: ChildProcess | null = null;
  let gone: Promise<unknown> = Promise.resolve();
  return {
    url,
    signal: (name) => void child?.kill(name),
    async end(signal = "SIGKILL") {
      child?.kill(signal);
      await gone;
    },
    async start() {
      const started = spawn(command, args, { cwd: folder, detached: true, stdio: "ignore", ...user });
      child = started;
      const release = guard(started.pid as number);
      gone = new Promise<void>((resolve) => started.once("exit", () => resolve())).then(release);
      await eventually(isThere, {
        giveUp: () => {
          if (started.exitCode !== null) throw new Error(`${command} ended early`);
        },
      });
    },
  };
}
