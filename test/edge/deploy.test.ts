// What `npm run deploy` does around Cloudflare's own deployment: the secrets, the migration over Neon, the smoke test.
import { expect, test } from "vitest";
import { prepareNeon } from "../../scripts/deploy/prepare-neon.ts";
import { givenSecrets, refuseMissing, SECRETS } from "../../scripts/deploy/secrets.ts";
import { smokeTest } from "../../scripts/deploy/smoke-test.ts";
import { describeEdge } from "./support/edge-api.ts";

const all = Object.fromEntries(SECRETS.map((name) => [name, "value"]));

test("names every secret that is neither in the environment nor stored", () => {
  expect(() => refuseMissing({}, [])).toThrow(/DATABASE_URL[\s\S]*QSTASH_NEXT_SIGNING_KEY/);
  expect(() => refuseMissing({ DATABASE_URL: "postgres://…" }, ["QSTASH_TOKEN"])).not.toThrow(/QSTASH_TOKEN/);
  expect(() => refuseMissing({ DATABASE_URL: "postgres://…" }, SECRETS)).not.toThrow();
  expect(() => refuseMissing(all, [])).not.toThrow();
});

test("uploads the secrets that are given, and nothing else of the environment", () => {
  expect(givenSecrets({ QSTASH_TOKEN: "t", DATABASE_URL: "", HOME: "/" })).toEqual({ QSTASH_TOKEN: "t" });
});

describeEdge("npm run deploy", 5, (edge) => {
  test("migrates an empty database over Neon's HTTP driver, twice and at once, and makes one admin key", async () => {
    const { neon, database } = edge();
    await database.sql`drop schema millrace cascade`;
    const environment = { DATABASE_URL: neon.databaseUrl, NEON_FETCH_ENDPOINT: neon.endpoint };
    const [first, second] = await Promise.all([prepareNeon(environment), prepareNeon(environment)]);
    expect(first ?? second).toMatch(/^mr_/);
    expect(await prepareNeon(environment)).toBeNull();
    await smokeTest(edge().url, { patience: 0 });
  });

  test("says what does not work", async () => {
    edge().neon.isAway = true;
    await expect(smokeTest(edge().url, { patience: 0 })).rejects.toThrow(/does not get ready: 503/);
    edge().neon.isAway = false;
  });
});
