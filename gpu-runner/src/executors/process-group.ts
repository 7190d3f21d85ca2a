// Ends whole process groups, and those that a killed runner left behind.
import { readdirSync, readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../log.ts";

const NOTE = "process.json";

export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone: that is what was wanted.
  }
}

/**
 * True while a process of the group runs. Zombies do not count: in a container without an init nobody reaps orphans, and
 * they would stay for ever.
 */
export function groupLives(pid: number): boolean {
  try {
    process.kill(-pid, 0);
  } catch {
    return false;
  }
  const states = statesInGroup(pid);
  return states === null || states.some((state) => state !== "Z" && state !== "X");
}

/** The states of the group's processes; null without /proc. */
function statesInGroup(pid: number): string[] | null {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return null;
  }
  return names.flatMap((name) => {
    const fields = /^\d+$/.test(name) ? statOf(Number(name)) : null;
    return fields && Number(fields[2]) === pid ? [fields[0] as string] : [];
  });
}

/** Writes down which group works in this directory, so that the next runner can end it if this one is killed. */
export async function noteGroup(directory: string, pid: number): Promise<void> {
  await writeFile(join(directory, NOTE), JSON.stringify({ pid, startTime: startTimeOf(pid) }));
}

/** Ends the groups noted under `root`; only those that are certainly the same processes still. */
export async function killLeftovers(root: string, log: Log): Promise<void> {
  for (const name of await readdir(root)) {
    const note = await readFile(join(root, name, NOTE), "utf8").catch(() => null);
    if (note === null) continue;
    const { pid, startTime } = JSON.parse(note) as { pid: number; startTime: string | null };
    if (startTime === null || startTimeOf(pid) !== startTime) continue;
    log.warn("ending a command that the last run of this runner left behind", { directory: name, pid });
    signalGroup(pid, "SIGKILL");
  }
}

/** Ticks since boot at which the process started: with the pid it names one process for ever. Null without /proc. */
function startTimeOf(pid: number): string | null {
  return statOf(pid)?.[19] ?? null;
}

/** proc(5)'s stat from field 3 on: the command's name before it stands in parentheses and may hold anything. */
function statOf(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}
