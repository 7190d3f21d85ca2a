// The slow chores: folding counts, retention, partitions of the coming days, expired sessions and idempotency keys.
import { foldCounts } from "../../db/queries/job-counts.ts";
import { clearExpired, pruneFinished, turnPartitions } from "../../db/queries/prune.ts";
import type { EnginePorts } from "../context.ts";

const PRUNE_BATCH = 2_000;
const MAX_PRUNE_BATCHES = 25; // so that one run ends; the next goes on

/** Returns how many finished jobs were deleted for being past their queue's retention. */
export async function housekeep({ db }: Pick<EnginePorts, "db">): Promise<number> {
  await foldCounts(db);
  await turnPartitions(db);
  await clearExpired(db);
  let pruned = 0;
  for (let batch = 0; batch < MAX_PRUNE_BATCHES; batch += 1) {
    const done = await pruneFinished(db, { limit: PRUNE_BATCH });
    pruned += done;
    if (done < PRUNE_BATCH) break;
  }
  return pruned;
}
