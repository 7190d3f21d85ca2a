// Checks a whole recorded history against the invariants of DESIGN §2. Pure: the same history gives the same violations.
import type { History, Violation } from "./history.ts";
import { readHistory } from "./read-history.ts";
import { checkAttempts } from "./rules/attempt-rules.ts";
import { checkCounts } from "./rules/count-rules.ts";
import { checkEnqueues } from "./rules/enqueue-rules.ts";
import { checkLeases } from "./rules/lease-rules.ts";
import { checkQueues } from "./rules/queue-rules.ts";
import { checkTerminals } from "./rules/terminal-rules.ts";

const RULES = [checkEnqueues, checkLeases, checkAttempts, checkTerminals, checkQueues, checkCounts];

/** Everything that the history shows to be wrong; empty where it is sound. */
export function checkHistory(history: History): Violation[] {
  const reading = readHistory(history);
  return RULES.flatMap((rule) => rule(reading));
}
