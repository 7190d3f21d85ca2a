// What the database handle must do with values and with a server that goes away.
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../../src/adapters/selfhost/database.ts";
import { isDatabaseAway } from "../../src/core/database-error.ts";
import { rows } from "../../src/db/database.ts";
import { describeEachDatabase } from "../support/databases.ts";

describeEachDatabase("the database handle", (database) => {
  let opened: Database;
  beforeAll(async () => {
    // PGlite is one session, which the suite's own connection would hold.
    if (database().engine === "pglite") await database().sql.end();
    opened = openDatabase(database().url, { max: database().poolSize });
  });
  afterAll(() => opened.close());

  const value = async (expression: ReturnType<typeof sql>) =>
    (await rows<{ value: unknown }>(opened.db, sql`select ${expression} as value`))[0]?.value;

  test("carries JSON of every shape there and back", async () => {
    for (const json of [{ a: [1, "x", null, { b: true }] }, [], "text", '"quoted" \\ {,}', 12.5, true, null]) {
      expect(await value(sql`${JSON.stringify(json)}::jsonb`)).toEqual(json);
    }
  });

  test("carries arrays with nulls, quotes, braces and nesting there and back", async () => {
    const texts = ['a"b', "c,{d}\\", null, "NULL", "", " spaced ", "é🙂"];
    expect(await value(sql`${sql.param(texts)}::text[]`)).toEqual(texts);
    expect(await value(sql`${sql.param([1, null, -3])}::int[]`)).toEqual([1, null, -3]);
    expect(await value(sql`${sql.param([true, false, null])}::boolean[]`)).toEqual([true, false, null]);
    expect(await value(sql`${sql.param([])}::uuid[]`)).toEqual([]);
    expect(
      await value(
        sql`${sql.param([
          [1, 2],
          [3, 4],
        ])}::int[]`,
      ),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await value(sql`${sql.param([{ a: 'x"y' }])}::jsonb[]`)).toEqual([{ a: 'x"y' }]);
  });

  test("reads bigints as numbers while they are exact, and as bigints beyond", async () => {
    expect(await value(sql`${9_007_199_254_740_991}::bigint`)).toBe(9_007_199_254_740_991);
    expect(await value(sql`${9_007_199_254_740_993n}::bigint`)).toBe(9_007_199_254_740_993n);
  });

  test("reads timestamps as text in UTC with all their microseconds", async () => {
    expect(await value(sql`'2026-01-31 10:30:00.123456+02'::timestamptz`)).toBe("2026-01-31 08:30:00.123456+00");
    expect(await value(sql`extract(epoch from ${new Date(5)}::timestamptz)::float8`)).toBe(0.005);
  });

  test("carries null, booleans and floats", async () => {
    expect(await value(sql`${null}::text`)).toBeNull();
    expect(await value(sql`${true}::boolean`)).toBe(true);
    expect(await value(sql`${0.1}::float8`)).toBe(0.1);
  });

  test("a refused statement is no absent database, and harms no later one", async () => {
    const error = await opened.db.execute(sql`select * from nowhere where ${1}::int = 1`).catch((reason: unknown) => reason);
    expect(isDatabaseAway(error)).toBe(false);
    expect(await value(sql`${1}::int`)).toBe(1);
  });

  test("many statements at once all get their own answers", async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => value(sql`${n}::int`)));
    expect(answers).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  test("a server that is not there is told at once, as an absent database", async () => {
    const nowhere = openDatabase("postgres://postgres@127.0.0.1:1/postgres", { max: 2, connectTimeoutSeconds: 2 });
    const started = Date.now();
    const error = await nowhere.db.execute(sql`select ${1}::int`).catch((reason: unknown) => reason);
    expect(isDatabaseAway(error)).toBe(true);
    expect(Date.now() - started).toBeLessThan(2_500);
    await nowhere.close(0);
  });
});
