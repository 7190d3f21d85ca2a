// Random operations, racing each other on a real database; then the whole history is checked against the invariants.
// HISTORY_SEED replays a run's decisions (not the database's timing); HISTORY_OPS makes it longer.
import { expect, test } from "vitest";
import { describeEachDatabase } from "../support/databases.ts";
import { checkHistory } from "./check-history.ts";
import { keepHistory } from "./recorder.ts";
import { runHistory } from "./run.ts";
import { summarise } from "./summary.ts";

const OPERATIONS = { postgres: 5_000, pglite: 1_000 };
const seed = Number(process.env.HISTORY_SEED ?? Math.floor(Math.random() * 2 ** 32));

describeEachDatabase("random history", (db) => {
  test(`the invariants hold in every history (HISTORY_SEED=${seed})`, { timeout: 600_000 }, async () => {
    const operations = Number(process.env.HISTORY_OPS ?? OPERATIONS[db().engine]);
    const history = await runHistory(db(), { seed, operations });
    const violations = checkHistory(history);
    const summary = summarise(history);
    console.log(`history (${db().engine}, HISTORY_SEED=${seed}):`, JSON.stringify(summary));
    if (violations.length > 0) console.error(`HISTORY_SEED=${seed} broke the invariants; the history is in ${keepHistory(history)}`);
    expect(violations.slice(0, 20)).toEqual([]);
    for (const [what, count] of Object.entries(summary)) expect(count, `${what}: a run without any proves nothing`).toBeGreaterThan(0);
  });
});
