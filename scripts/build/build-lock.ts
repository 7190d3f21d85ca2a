// One build at a time: of two that start together, the second waits and then finds everything fresh.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MILLISECONDS = 50;

/** Runs `work` while holding the lock of `root`'s dist directory. */
export async function withBuildLock<Result>(root: string, work: () => Promise<Result>): Promise<Result> {
  const path = join(root, "dist/build.lock");
  mkdirSync(join(root, "dist"), { recursive: true });
  while (!take(path)) {
    if (isStale(path)) rmSync(path, { force: true });
    else await sleep(POLL_MILLISECONDS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Whether the process that took the lock is gone. */
function isStale(path: string): boolean {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    // Not yet written: its owner is just about to.
    if (pid === 0) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
