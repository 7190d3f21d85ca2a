// Sees to it that a child does not outlive us, even if we are killed with SIGKILL and can do nothing ourselves.
import { spawn } from "node:child_process";

// Waits for its stdin to close, which the kernel does when we end, however that comes about.
const SCRIPT = 'read -r _; kill "-$1" "$2" 2>/dev/null; [ "$1" = KILL ] || { sleep 5; kill -KILL "$2" 2>/dev/null; }';

/** Starts a shell that ends process `pid` when we are gone. Returns the function that calls it off. */
export function guard(pid: number, signal: NodeJS.Signals = "SIGKILL"): () => void {
  // On Windows, Node ends the children of a process with it.
  if (process.platform === "win32") return () => {};
  const shell = spawn("/bin/sh", ["-c", SCRIPT, "guard", signal.replace(/^SIG/, ""), String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  // Without a shell a child may survive us; the next start finds it (data-directory.ts).
  shell.on("error", () => {});
  shell.stdin.on("error", () => {});
  return () => shell.kill("SIGKILL");
}
