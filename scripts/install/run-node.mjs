// Runs a script under the project's own Node, passing arguments, signals and the exit code through.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { NODE, ROOT } from "./ensure-installed.mjs";

// npm and the terminal may both deliver one Ctrl-C: what comes so close together is one signal.
const SAME_SIGNAL_MILLISECONDS = 500;

/** Resolves with the child's exit code; a child killed by a signal gives 128 + its number, as a shell does. */
export function runNode(args, { cwd = ROOT, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(NODE, args, { cwd, env, stdio: "inherit" });
    forwardSignals(child);
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

function forwardSignals(child) {
  // A terminal sends Ctrl-C to the whole foreground group: the child has it already, and a second one means "at once".
  const sentByTerminal = process.stdin.isTTY ? ["SIGINT"] : [];
  const lastSent = new Map();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      const now = Date.now();
      if (sentByTerminal.includes(signal) || now - (lastSent.get(signal) ?? 0) < SAME_SIGNAL_MILLISECONDS) return;
      lastSent.set(signal, now);
      child.kill(signal);
    });
  }
}
