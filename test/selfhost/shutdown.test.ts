// SIGTERM: a consumer finishes the attempt that ends soon, gives back the one that does not, and is gone within seconds;
// another consumer takes what was given back at once, long before the lease would have run out.
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type HttpTarget, startHttpTarget } from "../api/support/http-target.ts";
import { createTestDatabase, type TestDatabase } from "../support/databases.ts";
import { eventually } from "../support/servers/free-port.ts";
import { type Deployment, deploy, type MillraceProcess } from "./support/millrace-process.ts";

const isMissing = inject("postgresUrl") === null || inject("redisUrl") === null;
const LEASE_SECONDS = 15;

let database: TestDatabase;
let deployment: Deployment;
let target: HttpTarget;
let api: MillraceProcess;

beforeAll(async () => {
  if (isMissing) return;
  [database, target] = await Promise.all([createTestDatabase(), startHttpTarget()]);
  deployment = await deploy({ databaseUrl: database.url, redisUrl: inject("redisUrl") as string });
  api = await deployment.start({ role: "api" });
});
afterAll(async () => {
  await deployment?.stop();
  await database?.drop();
  target?.close();
});

test.skipIf(isMissing)("a consumer that is told to end leaves nothing behind that waits for a lease", { timeout: 60_000 }, async () => {
  const consumer = await deployment.start({ role: "consumer" });
  const soon = target.on("/soon", (_request, response) => void setTimeout(() => response.end("in time"), 1_000));
  // The first call hangs, the second answers.
  const never = target.on("/never", (_request, response, times) => void (times > 1 && response.end("at last")));
  const [short, long] = (
    await api.post("/api/v1/jobs/batch", { jobs: [soon, never].map((url) => ({ kind: "http", payload: { url } })) })
  ).items.map(({ id }: { id: string }) => id);
  await eventually(async () => expect([target.seen("/soon").length, target.seen("/never").length]).toEqual([1, 1]));

  const told = performance.now();
  await consumer.end("SIGTERM");
  expect(performance.now() - told).toBeLessThan(9_000);
  expect(await api.get(`/api/v1/jobs/${short}`)).toMatchObject({ state: "completed", attempt: 1 });
  expect(await api.get(`/api/v1/jobs/${long}`)).toMatchObject({ state: "queued" });

  await consumer.start();
  await eventually(async () => expect(await api.get(`/api/v1/jobs/${long}`)).toMatchObject({ state: "completed", attempt: 1 }));
  expect((performance.now() - told) / 1000).toBeLessThan(LEASE_SECONDS + 5);
  expect(target.seen("/soon")).toHaveLength(1);
});

test.skipIf(isMissing)("nobody but the supervisor may ask a process to stop", async () => {
  for (const headers of [{}, { authorization: "Bearer " }, { authorization: "Bearer undefined" }]) {
    expect((await api.ask("POST", "/internal/stop", undefined, headers)).status).toBe(404);
  }
});
