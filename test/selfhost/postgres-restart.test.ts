// Postgres restarted under load: every answer meanwhile is right or 503 with Retry-After, the pool heals, and what was
// acknowledged is there and ends.
import postgres from "postgres";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { toId } from "../../src/contract/ids.ts";
import { type HttpTarget, startHttpTarget } from "../api/support/http-target.ts";
import { eventually } from "../support/servers/free-port.ts";
import { type Deployment, deploy, type MillraceProcess } from "./support/millrace-process.ts";
import { type OwnServer, ownPostgres } from "./support/servers.ts";

const isMissing = inject("postgresUrl") === null || inject("redisUrl") === null;
const SECONDS = Number(process.env.MILLRACE_OUTAGE_SECONDS ?? 3);
const RESTARTS = Number(process.env.MILLRACE_RESTARTS ?? 2);
const CLIENTS = 6;

let server: OwnServer;
let deployment: Deployment;
let target: HttpTarget;
let api: MillraceProcess;

beforeAll(async () => {
  if (isMissing) return;
  [server, target] = await Promise.all([ownPostgres(), startHttpTarget()]);
  deployment = await deploy({ databaseUrl: server.url, redisUrl: inject("redisUrl") as string });
  api = await deployment.start({ role: "all", env: { MILLRACE_SWEEP_SECONDS: "1" } });
});
afterAll(async () => {
  await deployment?.stop();
  await server?.remove();
  target?.close();
});

type Load = { statuses: Map<number, number>; acknowledged: Set<string>; unexpected: unknown[]; stop(): Promise<void> };

/** Clients that enqueue, read, list and lease without pause. */
function load(url: string): Load {
  const result = { statuses: new Map<number, number>(), acknowledged: new Set<string>(), unexpected: [] as unknown[] };
  let isOver = false;
  const ask = async (method: string, path: string, json?: unknown) => {
    const answer = await api.ask(method, path, json);
    result.statuses.set(answer.status, (result.statuses.get(answer.status) ?? 0) + 1);
    const isFine = answer.status < 300 || (answer.status === 503 && Number(answer.headers.get("retry-after")) > 0);
    if (!isFine) result.unexpected.push({ method, path, status: answer.status, body: answer.body });
    return answer.status < 300 ? answer.body : null;
  };
  const client = async (index: number) => {
    while (!isOver) {
      const one = await ask("POST", "/api/v1/jobs", { queue: "web", kind: "http", payload: { url } });
      if (one) result.acknowledged.add(one.id);
      const many = await ask("POST", "/api/v1/jobs/batch", {
        jobs: [
          { kind: "command", queue: "pull" },
          { kind: "command", queue: "pull" },
        ],
      });
      for (const { id } of many?.items ?? []) result.acknowledged.add(id);
      await ask("GET", "/api/v1/jobs?limit=5");
      if (one) await ask("GET", `/api/v1/jobs/${one.id}`);
      const leased = await ask("POST", "/api/v1/leases", {
        runnerId: `r${index}`,
        queues: ["pull"],
        max: 5,
        leaseSeconds: 5,
        waitSeconds: 0,
      });
      const items = (leased?.leases ?? []).map(({ leaseToken }: { leaseToken: string }) => ({
        leaseToken,
        outcome: "completed",
        result: 1,
      }));
      if (items.length > 0) await ask("POST", "/api/v1/leases/settle", { runnerId: `r${index}`, items });
      // Somebody who is told to come back later does.
      if (!one) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, index) => client(index));
  return {
    ...result,
    async stop() {
      isOver = true;
      await Promise.all(clients);
    },
  };
}

const untilAcknowledged = (running: Load, more: number) => {
  const goal = running.acknowledged.size + more;
  return eventually(async () => expect(running.acknowledged.size).toBeGreaterThan(goal), { seconds: 20 });
};

test.skipIf(isMissing)("a restart and a crash under load", { timeout: 60_000 + RESTARTS * 20_000 }, async () => {
  const running = load(target.on("/work", (_request, response) => response.end("done")));
  // SIGINT: connections are closed in order; SIGQUIT: as in a crash, with recovery at the next start.
  for (let restart = 0; restart < RESTARTS; restart += 1) {
    const signal = restart % 2 ? "SIGQUIT" : "SIGINT";
    await untilAcknowledged(running, 30);
    const refused = running.statuses.get(503) ?? 0;
    await server.end(signal);
    await eventually(async () => expect(running.statuses.get(503) ?? 0).toBeGreaterThan(refused), { seconds: 10 });
    const ready = await api.ask("GET", "/health/ready");
    expect(ready).toMatchObject({
      status: 503,
      body: { checks: { database: expect.not.stringMatching(/^ok$/), blobs: "ok", redis: "ok" } },
    });
    expect((await api.ask("GET", "/health")).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
    await server.start();
    // The pool heals by itself.
    await untilAcknowledged(running, 30);
  }
  await running.stop();
  console.log("answers while Postgres was restarted:", Object.fromEntries(running.statuses), "acknowledged:", running.acknowledged.size);
  expect(
    running.unexpected.slice(0, 5),
    api
      .log()
      .split("\n")
      .filter((line) => line.includes('"level":50'))
      .slice(-5)
      .join("\n"),
  ).toEqual([]);

  const sql = postgres(server.url, { max: 1, fetch_types: false });
  // What the clients left in the queues or hold no longer: one last runner, once the leases of lost answers ran out.
  await eventually(
    async () => {
      const { leases } = await api.post("/api/v1/leases", { runnerId: "last", queues: ["pull"], max: 1000, leaseSeconds: 60 });
      const items = leases.map(({ leaseToken }: { leaseToken: string }) => ({ leaseToken, outcome: "completed", result: 1 }));
      if (items.length > 0) await api.post("/api/v1/leases/settle", { runnerId: "last", items });
      const [row] = await sql`select count(*)::int as left from millrace.jobs`;
      if (row?.left !== 0) throw new Error(`${row?.left} jobs have not ended`);
    },
    { seconds: 40 },
  );
  const rows = await sql<{ id: string; state: string }[]>`select id, state from millrace.finished_jobs`;
  await sql.end();
  const ended = new Map(rows.map(({ id, state }) => [toId("job", id) as string, state]));
  const states = [...running.acknowledged].map((id) => ended.get(id));
  expect(states.filter((state) => state !== "completed")).toEqual([]);
});
