// Starts a server that cannot outlive us: a guardian shell holds our pipe, and ends the server when the pipe closes.
// That covers every way to go, a SIGKILL of Vitest included, for which no exit handler would run.
import { spawn } from "node:child_process";
import type { Socket } from "node:net";

export interface GuardedProcess {
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
  /** Throws, with the server's last words, once it is no longer running. */
  assertRunning(): void;
}

interface GuardedCommand {
  argv: [string, ...string[]];
  /** The server's private folder, removed after it. */
  folder: string;
  stopSignal: "INT" | "TERM";
  user?: { uid: number; gid: number } | undefined;
}

// The subshell's `read` returns when our end of the pipe closes; the guardian itself waits for the server, however it ends.
const GUARDIAN = `
folder=$1 stop=$2; shift 2
exec 3<&0
"$@" </dev/null 3<&- & server=$!
{ read -r _ <&3; kill -"$stop" "$server"; } 2>/dev/null & watcher=$!
wait "$server"; code=$?
kill "$watcher" 2>/dev/null
rm -rf "$folder"
exit "$code"
`;
const KEPT_LOG_CHARACTERS = 4000;

export function startGuarded({ argv, folder, stopSignal, user }: GuardedCommand): GuardedProcess {
  // A session of its own, so that Ctrl-C reaches the server through the pipe alone.
  const child = spawn("/bin/sh", ["-c", `exec 2>&1; ${GUARDIAN}`, "guardian", folder, stopSignal, ...argv], {
    detached: true,
    cwd: folder,
    stdio: ["pipe", "pipe", "ignore"],
    ...user,
  });
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-KEPT_LOG_CHARACTERS);
  });
  // A running server must not keep a finished test run waiting.
  child.unref();
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as Socket).unref();
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()).once("error", () => resolve()));
  return {
    async stop() {
      child.ref();
      child.stdin.end();
      await ended;
    },
    assertRunning() {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${argv[0]} ended early. Its last words:\n${log}`);
    },
  };
}
