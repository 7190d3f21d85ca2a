// A suite over the engine, once on Postgres and once on PGlite, each with a database of its own.
import { afterAll, beforeAll } from "vitest";
import { describeEachDatabase, type TestDatabase } from "../support/databases.ts";
import { type EngineUnderTest, openEngine } from "./engine-under-test.ts";

export type Suite = { db: () => TestDatabase; under: () => EngineUnderTest };

/**
 * @example
 * describeEngine("cancel", ({ under }) => {
 *   test("…", async () => { await under().engine.cancelJob(ME, { id }); });
 * });
 */
export function describeEngine(name: string, suite: (suite: Suite) => void): void {
  describeEachDatabase(name, (db) => {
    let under: EngineUnderTest | undefined;
    beforeAll(() => {
      under = openEngine(db());
    });
    afterAll(() => under?.close());
    suite({
      db,
      under: () => {
        if (!under) throw new Error("The engine exists from beforeAll on: call under() inside a test or a hook.");
        return under;
      },
    });
  });
}
