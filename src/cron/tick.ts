// One tick for hosts that keep no process: reads the shared due time, and touches the database only when something is due
// or nobody has looked for an hour. So an idle deployment lets its database sleep.
import type { EnginePorts } from "../core/context.ts";
import { housekeep } from "../core/sweep/housekeep.ts";
import { sweep } from "../core/sweep/sweep.ts";
import type { SharedDueTime } from "../ports/due-time.ts";

/** `now` is when the tick was due, in milliseconds. Returns what it did. */
export async function tick(ports: EnginePorts, due: SharedDueTime, now: number): Promise<{ swept: boolean; housekept: boolean }> {
  const claim = await due.claim(now);
  if (claim.sweep) await claim.done((await sweep(ports)).nextInSeconds);
  if (claim.housekeep) await housekeep(ports);
  return { swept: claim.sweep, housekept: claim.housekeep };
}
