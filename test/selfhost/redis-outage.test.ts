// Redis flushed, stopped, killed, and never there at start: no job is lost, work goes on within a sweep, readiness names
// the missing part, and events and wake-ups across processes come back by themselves.
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type HttpTarget, startHttpTarget } from "../api/support/http-target.ts";
import { openEvents } from "../api/support/live.ts";
import { createTestDatabase, type TestDatabase } from "../support/databases.ts";
import { eventually } from "../support/servers/free-port.ts";
import { type Deployment, deploy, type MillraceProcess } from "./support/millrace-process.ts";
import { type OwnServer, ownRedis } from "./support/servers.ts";
import { complete, waitForWork } from "./support/wait-for-work.ts";

const SWEEP_SECONDS = 2;
const isMissing = inject("postgresUrl") === null || inject("redisUrl") === null;

let database: TestDatabase;
let redis: OwnServer;
let deployment: Deployment;
let target: HttpTarget;
let api: MillraceProcess;
let consumer: MillraceProcess;
let pages = 0;

beforeAll(async () => {
  if (isMissing) return;
  [database, redis, target] = await Promise.all([createTestDatabase(), ownRedis(), startHttpTarget()]);
  deployment = await deploy({ databaseUrl: database.url, redisUrl: redis.url });
  const env = { MILLRACE_SWEEP_SECONDS: String(SWEEP_SECONDS) };
  // Redis is not there yet.
  api = await deployment.start({ role: "api", env });
  consumer = await deployment.start({ role: "consumer", env });
});
afterAll(async () => {
  await deployment?.stop();
  await redis?.remove();
  await database?.drop();
  target?.close();
});

/** An `http` job enqueued at the API-only process; the consumer has to hear of it, or find it. Seconds until it was done. */
async function httpJob(): Promise<number> {
  pages += 1;
  const url = target.on(`/page-${pages}`, (_request, response) => response.end("fine"));
  const started = performance.now();
  const job = await api.post("/api/v1/jobs", { kind: "http", payload: { url } }, { prefer: "wait=20" });
  expect(job).toMatchObject({ state: "completed" });
  return (performance.now() - started) / 1000;
}

/** A pull job enqueued at one process while a runner waits at the other. Seconds until the runner had it. */
async function pullJob(queue: string): Promise<number> {
  const { leases } = await waitForWork(consumer, queue);
  const started = performance.now();
  const job = await api.post("/api/v1/jobs", { queue, kind: "command" });
  const [lease] = await leases;
  const seconds = (performance.now() - started) / 1000;
  expect(lease?.job.id).toBe(job.id);
  if (lease) await complete(consumer, lease);
  return seconds;
}

async function expectRedisMissing(): Promise<void> {
  for (const one of [api, consumer]) {
    const answer = await eventually(
      async () => {
        const ready = await one.ask("GET", "/health/ready");
        if (ready.status !== 503) throw new Error(JSON.stringify(ready.body));
        return ready;
      },
      { seconds: 10 },
    );
    expect(answer.body).toMatchObject({ status: "unavailable", checks: { database: "ok", redis: expect.not.stringMatching(/^ok$/) } });
    expect(answer.headers.get("retry-after")).toBe("1");
  }
}

const untilReady = () =>
  eventually(
    async () => {
      for (const one of [api, consumer]) {
        const { status, body } = await one.ask("GET", "/health/ready");
        if (status !== 200) throw new Error(JSON.stringify(body));
      }
    },
    { seconds: 15 },
  );

/** Work goes on although nobody can tell the other process: whoever sweeps finds it. */
async function expectSlowButSure(name: string): Promise<void> {
  // A poll looks by itself every 5 s; 1 s for what a slow machine takes.
  expect(await httpJob()).toBeLessThan(SWEEP_SECONDS + 5 + 1);
  expect(await pullJob(name)).toBeLessThan(SWEEP_SECONDS + 5 + 1);
}

/** Events and wake-ups cross processes again; a wake-up is told from a sweep by coming sooner than most sweeps, every time. */
async function expectQuickAgain(name: string): Promise<void> {
  const stream = await openEvents(`${consumer.url}/api/v1/events?queue=${name}`, consumer.headers);
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) times.push(await pullJob(name));
  expect([...times].sort((a, b) => a - b)[3], `of ${times.join(", ")}`).toBeLessThan(0.5);
  const events = await stream.until(({ type }) => type === "job.enqueued", 5);
  expect(events.length).toBeGreaterThan(0);
  stream.close();
}

const nothingLost = async () => {
  const [row] = await database.sql`select count(*)::int as unfinished from millrace.jobs`;
  expect(row).toEqual({ unfinished: 0 });
};

test.skipIf(isMissing)("never there at start", { timeout: 60_000 }, async () => {
  await expectRedisMissing();
  await expectSlowButSure("never-there");
  await redis.start();
  await untilReady();
  await expectQuickAgain("there-now");
  await nothingLost();
});

test.skipIf(isMissing)("flushed", { timeout: 60_000 }, async () => {
  const stream = await openEvents(`${consumer.url}/api/v1/events?queue=flushed`, consumer.headers);
  const admin = new Redis(redis.url);
  await admin.flushall();
  await admin.quit();
  expect((await api.ask("GET", "/health/ready")).status).toBe(200);
  await expectQuickAgain("flushed");
  expect((await stream.until(({ type }) => type === "job.completed", 5)).length).toBeGreaterThan(1);
  stream.close();
  await nothingLost();
});

test.skipIf(isMissing)("stopped, so that it answers nothing, then let go on", { timeout: 60_000 }, async () => {
  redis.signal("SIGSTOP");
  await expectSlowButSure("stopped");
  await expectRedisMissing();
  redis.signal("SIGCONT");
  await untilReady();
  await expectQuickAgain("going-on");
  await nothingLost();
});

test.skipIf(isMissing)("killed, and started again without its memory", { timeout: 60_000 }, async () => {
  const stream = await openEvents(`${consumer.url}/api/v1/events?queue=back`, consumer.headers);
  await redis.end("SIGKILL");
  await expectSlowButSure("killed");
  await expectRedisMissing();
  await redis.start();
  await untilReady();
  await expectQuickAgain("back");
  expect((await stream.until(({ type }) => type === "job.completed", 5)).length).toBeGreaterThan(1);
  stream.close();
  await nothingLost();
});
