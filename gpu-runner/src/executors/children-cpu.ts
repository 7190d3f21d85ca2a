// Processor time of child processes that have ended, from the kernel's account of this process (proc(5): cutime, cstime).
import { readFileSync } from "node:fs";

/** The kernel reports in these, on every Linux that Node runs on (USER_HZ). */
const TICKS_PER_SECOND = 100;
let taken = readReaped();

/**
 * Seconds used by the children reaped since the last call, theirs included: call it when a child has exited.
 * Undefined where the system does not say. Two children that exit in the same instant are told as one.
 */
export function takeReapedCpuSeconds(): number | undefined {
  const now = readReaped();
  if (now === undefined || taken === undefined) return undefined;
  const seconds = now - taken;
  taken = now;
  return Math.max(0, seconds);
}

function readReaped(): number | undefined {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}
