// The data directory: made, checked, and held by one Millrace at a time.
//
// The lock is a file with our process id and our children's. A lock whose process is gone is taken over, after ending what
// it left running. Of several that find the same stale lock, the one whose rename succeeds on that very file wins.
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "./options.ts";
import { commandOf, isRunning } from "./processes.ts";

type Lock = { pid: number; children: Record<string, number> };

export type DataDirectory = {
  path: string;
  /** Remembers a child's process id for whoever comes after us, null when it has ended. */
  setChild(name: string, pid: number | null): void;
  release(): void;
};

const OUR_COMMAND = /local\.ts/;
const CHILD_COMMAND = /local\/database\/main\.ts|workerd|gpu-runner/;
const LEFTOVER_MILLISECONDS = 3_000;

/** Throws `UsageError` with what to do where the directory cannot be used. */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  try {
    for (const directory of ["", "blobs", "logs", "runner"]) mkdirSync(join(path, directory), { recursive: true, mode: 0o700 });
    writeFileSync(join(path, "logs", ".probe"), "");
    rmSync(join(path, "logs", ".probe"));
  } catch (error) {
    throw new UsageError(
      `The data directory ${path} cannot be written: ${(error as Error).message}\nMake it writable, or choose another with --data <dir>.`,
    );
  }
  const lockPath = join(path, "lock");
  await takeLock(lockPath, path);
  const lock: Lock = { pid: process.pid, children: {} };
  return {
    path,
    setChild(name, pid) {
      if (pid === null) delete lock.children[name];
      else lock.children[name] = pid;
      writeLock(lockPath, lock);
    },
    release: () => rmSync(lockPath, { force: true }),
  };
}

async function takeLock(lockPath: string, path: string): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    if (createLock(lockPath)) return;
    const holder = readLock(lockPath);
    if (holder && holder.pid !== process.pid && isRunning(holder.pid) && OUR_COMMAND.test(commandOf(holder.pid) ?? "local.ts")) {
      throw new UsageError(
        `Another Millrace (process ${holder.pid}) is using ${path}.\nStop it first, or choose another directory with --data <dir>.`,
      );
    }
    if (holder) await endLeftovers(holder);
    removeStale(lockPath, holder);
  }
  throw new UsageError(`The lock ${lockPath} keeps coming back: another Millrace is starting with the same data. Try again.`);
}

function createLock(lockPath: string): boolean {
  try {
    const file = openSync(lockPath, "wx", 0o600);
    writeSync(file, JSON.stringify({ pid: process.pid, children: {} } satisfies Lock));
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function removeStale(lockPath: string, stale: Lock | null): void {
  const aside = `${lockPath}.${process.pid}`;
  try {
    renameSync(lockPath, aside);
  } catch {
    return; // somebody else was first
  }
  // What we moved may be a new lock of somebody who was faster: it goes back.
  if (readLock(aside)?.pid !== stale?.pid) {
    try {
      linkSync(aside, lockPath);
    } catch {}
  }
  unlinkSync(aside);
}

/** Children of a Millrace that was killed end by themselves within moments; what does not is ended here. */
async function endLeftovers(lock: Lock): Promise<void> {
  const isLeft = (pid: number) => isRunning(pid) && CHILD_COMMAND.test(commandOf(pid) ?? "");
  const deadline = Date.now() + LEFTOVER_MILLISECONDS;
  let left = Object.values(lock.children).filter(isLeft);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(50);
    left = left.filter(isLeft);
  }
  for (const pid of left) process.kill(pid, "SIGKILL");
  while (left.some(isLeft)) await sleep(20);
}

function readLock(path: string): Lock | null {
  try {
    const { pid, children } = JSON.parse(readFileSync(path, "utf8")) as Partial<Lock>;
    return typeof pid === "number" ? { pid, children: children ?? {} } : null;
  } catch {
    return null;
  }
}

function writeLock(path: string, lock: Lock): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, JSON.stringify(lock), { mode: 0o600 });
  renameSync(temporary, path);
}
