// The break-it-once proof: each guard of the engine is taken out in turn, and the random history must show that it is gone.
import { describe, expect, inject, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/databases.ts";
import { checkHistory } from "./check-history.ts";
import { runHistory } from "./run.ts";
import { publishTwice, rewriteFunction, rewriteStatements } from "./sabotage.ts";
import type { Sabotage } from "./world.ts";

const OPERATIONS = 450;
// Races are a matter of luck: where one run does not show that a guard is missing, the next seed is tried.
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

const STALE = "no write is accepted with a stale token";

type Break = {
  title: string;
  shows: string;
  /** Texts of the engine's statements, and what takes their place. */
  statement?: [string, string][];
  prepare?: (database: TestDatabase) => Promise<unknown>;
  sabotage?: Sabotage;
};

const BREAKS: Break[] = [
  { title: "settle does not look at the fence", shows: STALE, statement: [["and lease_token = i.fence", "and state = 'running'"]] },
  {
    title: "a heartbeat does not look at the fence",
    shows: STALE,
    statement: [
      ["and lease_token = b.fence", "and state = 'running'"],
      ["and j.lease_token = b.fence", "and j.state = 'running'"],
    ],
  },
  {
    title: "racing sweepers do not lock what they rescue",
    shows: "every attempt ends once",
    statement: [
      [
        " for update skip locked\n    ), gone as (\n      delete from millrace.jobs j where j.id = any (array(select id from held where next_state",
        "\n    ), gone as (\n      delete from millrace.jobs j where j.id = any (array(select id from held where next_state",
      ],
    ],
  },
  {
    title: "settle forgets that a job was cancelled",
    shows: "a cancelled job stays cancelled",
    // The finished row keeps no mark, so nothing else would notice.
    statement: [["when j.cancel_requested_at is not null then 'cancelled' when i.outcome", "when i.outcome"]],
  },
  {
    title: "rescue counts no attempts",
    shows: "a call is answered or refused by the contract",
    statement: [
      [
        "when j.attempt >= j.max_attempts then 'failed' else 'scheduled' end as next_state,\n        case when now()",
        "else 'scheduled' end as next_state,\n        case when now()",
      ],
    ],
  },
  {
    title: "rescue does not write the lost attempt down",
    shows: "every lease is in the history of attempts",
    statement: [
      [
        "started_at, now(), new_error, null from held where next_state = 'scheduled'",
        "started_at, now(), new_error, null from held where false",
      ],
    ],
  },
  {
    title: "a released attempt is not given back",
    shows: "attempts are in order",
    statement: [["then j.attempt - 1 else", "then j.attempt else"]],
  },
  {
    title: "acquire does not lock what it leases",
    shows: "every lease is in the history of attempts",
    prepare: (database) => rewriteFunction(database, "acquire", ["limit source.room for update skip locked", "limit source.room"]),
  },
  {
    title: "acquire does not look at paused queues",
    shows: "a paused queue hands out nothing",
    prepare: (database) => rewriteFunction(database, "acquire", ["where not e.paused and case", "where case"]),
  },
  {
    title: "acquire counts running jobs without the queue's lock",
    shows: "a concurrency limit holds",
    prepare: (database) => rewriteFunction(database, "acquire", ["and not e.paused for update", "and not e.paused"]),
  },
  {
    title: "an idempotency key is claimed again and again",
    shows: "a repeated idempotency key replays the same ids",
    prepare: (database) => rewriteFunction(database, "enqueue_many", ["where k.created_at < now() - interval '24 hours'", ""]),
  },
  {
    title: "unique keys are not unique",
    shows: "a unique key has one unfinished job",
    async prepare(database) {
      const conflict =
        "on conflict (workspace_id, queue, unique_key) where unique_key is not null do update set unique_key = excluded.unique_key";
      await rewriteFunction(database, "enqueue_many", [conflict, ""]);
      await database.sql`drop index millrace.jobs_unique_key`;
    },
  },
  {
    title: "deleted jobs are not counted",
    shows: "the counts equal the rows",
    prepare: ({ sql }) => sql`alter table millrace.jobs disable trigger count_deleted`,
  },
  { title: "events are published twice", shows: "a job ends once", sabotage: publishTwice },
];

describe.skipIf(inject("postgresUrl") === null)("the history checker goes red when", () => {
  for (const broken of BREAKS) {
    test(broken.title, { timeout: 120_000 }, async () => {
      const rules = new Set<string>();
      for (const seed of SEEDS) {
        for (const rule of await rulesBroken(broken, seed)) rules.add(rule);
        if (rules.has(broken.shows)) break;
      }
      expect([...rules]).toContain(broken.shows);
    });
  }
});

async function rulesBroken({ statement, prepare, sabotage }: Break, seed: number): Promise<string[]> {
  const rewritten = statement && rewriteStatements(statement);
  const database = await createTestDatabase("postgres");
  try {
    await prepare?.(database);
    const broken = rewritten?.sabotage ?? sabotage;
    const history = await runHistory(database, { seed, operations: OPERATIONS, ...(broken ? { sabotage: broken } : {}) });
    if (rewritten) expect(rewritten.wasUsed(), "the statement has changed: so must the text that sabotages it").toBe(true);
    return checkHistory(history).map(({ rule }) => rule);
  } finally {
    await database.drop();
  }
}
