// Two API and two consumer processes on one Postgres and one Redis: they wake each other, show each other's events, and
// lose nothing while one after another is killed under load.
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type HttpTarget, startHttpTarget } from "../api/support/http-target.ts";
import { openEvents } from "../api/support/live.ts";
import { readHistory } from "../history/read-history.ts";
import { keepHistory } from "../history/recorder.ts";
import { checkCounts } from "../history/rules/count-rules.ts";
import { checkEnqueues } from "../history/rules/enqueue-rules.ts";
import { readFinalState } from "../history/tables.ts";
import { createTestDatabase, type TestDatabase } from "../support/databases.ts";
import { eventually } from "../support/servers/free-port.ts";
import { startLoad } from "./support/load.ts";
import { type Deployment, deploy, type MillraceProcess } from "./support/millrace-process.ts";
import { type OwnServer, ownRedis } from "./support/servers.ts";
import { complete, waitForWork } from "./support/wait-for-work.ts";

const isMissing = inject("postgresUrl") === null || inject("redisUrl") === null;
const KILLS = Number(process.env.MILLRACE_KILLS ?? 4);
const SECONDS_BETWEEN_KILLS = 2;

let database: TestDatabase;
let redis: OwnServer;
let deployment: Deployment;
let target: HttpTarget;
let apis: [MillraceProcess, MillraceProcess];
let consumers: MillraceProcess[];

// Sweeps far apart: what comes soon came by a wake-up.
const env = { MILLRACE_SWEEP_SECONDS: "10" };

beforeAll(async () => {
  if (isMissing) return;
  [database, redis, target] = await Promise.all([createTestDatabase(), ownRedis(), startHttpTarget()]);
  await redis.start();
  deployment = await deploy({ databaseUrl: database.url, redisUrl: redis.url });
  apis = [await deployment.start({ role: "api", env }), await deployment.start({ role: "api", env })];
});
afterAll(async () => {
  await deployment?.stop();
  await redis?.remove();
  await database?.drop();
  target?.close();
});

test.skipIf(isMissing)("an enqueue at one API wakes a runner that waits at the other, before any look of its own", async () => {
  const times: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    const [here, there] = round % 2 ? apis : [apis[1], apis[0]];
    const { leases } = await waitForWork(there, "woken");
    const started = performance.now();
    const job = await here.post("/api/v1/jobs", { queue: "woken", kind: "command" });
    const [lease] = await leases;
    times.push(performance.now() - started);
    expect(lease?.job.id).toBe(job.id);
    if (lease) await complete(there, lease);
  }
  console.log("wake-up across processes, ms:", times.map(Math.round).join(" "));
  expect([...times].sort((a, b) => a - b)[6]).toBeLessThan(1_000);
});

test.skipIf(isMissing)("a stream at one API shows what happens at the other, in order, and resumes there", async () => {
  const streams = await Promise.all(apis.map((api) => openEvents(`${api.url}/api/v1/events?queue=watched`, api.headers)));
  const { items } = await apis[0].post("/api/v1/jobs/batch", { jobs: Array(50).fill({ queue: "watched", kind: "command" }) });
  const { leases } = await apis[1].post("/api/v1/leases", { runnerId: "w", queues: ["watched"], max: 100, leaseSeconds: 60 });
  const settled = leases.map(({ leaseToken }: { leaseToken: string }) => ({ leaseToken, outcome: "completed", result: null }));
  await apis[0].post("/api/v1/leases/settle", { runnerId: "w", items: settled });
  const lists = await Promise.all(
    streams.map(async (stream) => {
      const events = [];
      while (events.length < 150) events.push(await stream.next());
      return events;
    }),
  );
  expect(lists[0]).toEqual(lists[1]);
  expect(lists[0]?.filter(({ type }) => type === "job.completed")).toHaveLength(items.length);

  const from = lists[0]?.[99]?.id as string;
  const resumed = await openEvents(`${apis[1].url}/api/v1/events?queue=watched`, { ...apis[1].headers, "last-event-id": from });
  for (const expected of lists[0]?.slice(100) ?? []) expect(await resumed.next()).toEqual(expected);
  for (const stream of [...streams, resumed]) stream.close();
});

test.skipIf(isMissing)("role api runs no http jobs; a consumer that starts takes them, and answers requests as well", async () => {
  const url = target.on("/roles", (_request, response) => response.end("fine"));
  const job = await apis[0].post("/api/v1/jobs", { kind: "http", payload: { url } });
  // Everything that an API does about a new job it has done by the time it answers about the next.
  await apis[0].post("/api/v1/jobs", { queue: "woken", kind: "command" });
  expect(await apis[1].get(`/api/v1/jobs/${job.id}`)).toMatchObject({ state: "queued", attempt: 0 });
  expect(target.seen("/roles")).toEqual([]);

  consumers = [await deployment.start({ role: "consumer", env }), await deployment.start({ role: "consumer", env })];
  await eventually(async () => expect(await consumers[0]?.get(`/api/v1/jobs/${job.id}`)).toMatchObject({ state: "completed" }));
  const times: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    const started = performance.now();
    const next = await apis[1].post("/api/v1/jobs", { kind: "http", payload: { url } }, { prefer: "wait=20" });
    times.push(performance.now() - started);
    expect(next).toMatchObject({ state: "completed" });
  }
  console.log("http job enqueued at an API, run by a consumer, waited for, ms:", times.map(Math.round).join(" "));
  expect([...times].sort((a, b) => a - b)[6]).toBeLessThan(2_000);
});

test.skipIf(isMissing)("one killed every few seconds under load: every acknowledged job ends once", { timeout: 180_000 }, async () => {
  target.on("/load", (_request, response) => void setTimeout(() => response.end("done"), 20));
  const load = startLoad({ apis, clients: 6, runners: 4, urlOf: () => `http://127.0.0.1:${target.port}/load` });
  const victims = [consumers[0], apis[0], consumers[1], apis[1]] as MillraceProcess[];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const victim = victims[kill % victims.length] as MillraceProcess;
    await new Promise((resolve) => setTimeout(resolve, SECONDS_BETWEEN_KILLS * 1000));
    await victim.end("SIGKILL");
    await victim.start();
  }
  await load.stopClients();
  // A killed consumer's leases run out after 15 s, and the next sweep gives the jobs on.
  await eventually(
    async () => {
      const [row] = await database.sql`select count(*)::int as left from millrace.jobs where queue in ('web', 'pull')`;
      if (row?.left !== 0) throw new Error(`${row?.left} jobs have not ended`);
    },
    { seconds: 90 },
  );
  await load.stopRunners();

  const { entries } = load.recorder;
  const final = await readFinalState({ database } as never);
  const jobs = final.jobs.filter(({ queue }) => queue === "web" || queue === "pull");
  const reading = readHistory([...entries, { ...final, jobs }]);
  const violations = [...checkEnqueues(reading), ...checkCounts(reading)];
  if (violations.length > 0) console.error("the history is in", keepHistory([...entries, { ...final, jobs }]));
  expect(violations.slice(0, 10)).toEqual([]);
  expect(load.unexpected.slice(0, 5)).toEqual([]);

  expect(new Set(jobs.map(({ id }) => id))).toEqual(load.acknowledged);
  expect(jobs.filter(({ state }) => state !== "completed")).toEqual([]);
  expect(jobs.filter(({ attempts }) => attempts.filter(({ outcome }) => outcome === "completed").length !== 1)).toEqual([]);
  const overlaps = jobs.filter(({ attempts }) => attempts.some((one, index) => one.startedAt < (attempts[index - 1]?.finishedAt ?? "")));
  expect(overlaps).toEqual([]);
  // A settle that was acknowledged is what the tables say.
  for (const lease of reading.leases.values()) {
    if (lease.settles.some(({ status }) => status === "ok")) expect(lease.recorded?.outcome, lease.token).toBe("completed");
  }
  const attempts = jobs.reduce((sum, job) => sum + job.attempts.length, 0);
  console.log(`kills: ${KILLS}, jobs: ${jobs.length}, attempts: ${attempts}, calls of the web: ${target.seen("/load").length}`);
});
