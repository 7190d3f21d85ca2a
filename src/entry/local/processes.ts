// Other processes of this machine, as far as their ids tell.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, and is somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  // A zombie has ended; it only waits for its parent to notice.
  return process.platform !== "linux" || !/^State:\s+Z/m.test(readProc(pid, "status") ?? "");
}

/** The process's command line; null where it cannot be known. Ids are used again, so an id alone proves nothing. */
export function commandOf(pid: number): string | null {
  if (process.platform === "linux") return readProc(pid, "cmdline")?.replaceAll("\0", " ") ?? null;
  if (process.platform === "win32") return null;
  const { status, stdout } = spawnSync("ps", ["-p", String(pid), "-o", "command="], { encoding: "utf8" });
  return status === 0 ? stdout : null;
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return null;
  }
}
