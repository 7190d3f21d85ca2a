// The long poll of POST /leases: woken by work, and given up when its runner goes away.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { NODE } from "../support/start-millrace.ts";
import { newQueue, testApi } from "./support/test-api.ts";

const api = testApi();

const poll = (queue: string, more: object = {}) => ({ runnerId: "r1", queues: [queue], waitSeconds: 20, ...more });

/** A poll that waits: its answer has begun, so its headers are here, and its leases are still to come. */
async function startPolling(path: string, json: unknown, signal?: AbortSignal): Promise<Response> {
  const headers = { authorization: `Bearer ${api().adminKey}`, "content-type": "application/json" };
  return fetch(`${api().url}${path}`, { method: "POST", headers, body: JSON.stringify(json), signal: signal ?? null });
}

test("a waiting runner is handed a job as soon as it is enqueued", async () => {
  const queue = newQueue();
  const waiting = await startPolling("/api/v1/leases", poll(queue));
  const job = await api().post("/api/v1/jobs", { queue, kind: "noop" });
  expect(await waiting.json()).toMatchObject({ leases: [{ job: { id: job.id, state: "running", attempt: 1 } }], drain: false });
});

test("the wait ends empty when its time is over", async () => {
  expect(await api().post("/api/v1/leases", poll(newQueue(), { waitSeconds: 0.2 }))).toEqual({ leases: [], drain: false });
});

test("a job enqueued after a runner was killed in its long poll goes to another runner at once", async () => {
  const queue = newQueue();
  const script = `
    const { url, key, body } = JSON.parse(process.argv[1]);
    fetch(url + "/api/v1/leases", { method: "POST", body: JSON.stringify(body),
      headers: { authorization: "Bearer " + key, "content-type": "application/json" } }).then(() => console.log("waiting"));`;
  const argument = JSON.stringify({ url: api().url, key: api().adminKey, body: poll(queue) });
  const runner = spawn(NODE, ["-e", script, argument], { stdio: ["ignore", "pipe", "inherit"] });
  await once(runner.stdout, "data");
  runner.kill("SIGKILL");
  await once(runner, "exit");

  const job = await api().post("/api/v1/jobs", { queue, kind: "noop" });
  const { leases } = await api().post("/api/v1/leases", poll(queue, { runnerId: "r2", waitSeconds: 2 }));
  expect(leases).toMatchObject([{ job: { id: job.id, attempt: 1 } }]);
});

test("a job leased for a runner that goes away at that very moment is soon leased again", async () => {
  const queue = newQueue();
  for (let round = 0; round < 12; round++) {
    const leaving = new AbortController();
    const waiting = await startPolling("/api/v1/leases", poll(queue, { leaseSeconds: 5 }), leaving.signal);
    // Enqueue and goodbye cross on their way: sometimes one is first, sometimes the other. Where the answer had just been
    // written, nobody can tell a runner that read it from one that did not: then it is the lease that runs out.
    const enqueued = api().post("/api/v1/jobs", { queue, kind: "noop" });
    const goodbye = setTimeout(() => leaving.abort(), round % 6);
    const answer = await waiting.json().catch(() => null);
    clearTimeout(goodbye);
    const { id } = await enqueued;
    const taken = answer?.leases ?? (await api().post("/api/v1/leases", poll(queue, { runnerId: "r2" }))).leases;
    expect(taken, `round ${round}`).toMatchObject([{ job: { id } }]);
    await api().post("/api/v1/leases/settle", { runnerId: "r2", items: [{ leaseToken: taken[0].leaseToken, outcome: "completed" }] });
  }
});

test("a settle that waits for the next batch is given up in the same way", async () => {
  const queue = newQueue();
  await api().post("/api/v1/jobs", { queue, kind: "noop" });
  const { leases } = await api().post("/api/v1/leases", poll(queue));
  const items = [{ leaseToken: leases[0].leaseToken, outcome: "completed" }];
  const leaving = new AbortController();
  await startPolling("/api/v1/leases/settle", { runnerId: "r1", items, acquire: poll(queue) }, leaving.signal);
  leaving.abort();
  expect(await api().get(`/api/v1/jobs/${leases[0].job.id}`)).toMatchObject({ state: "completed" });
  const job = await api().post("/api/v1/jobs", { queue, kind: "noop" });
  const next = await api().post("/api/v1/leases", poll(queue, { runnerId: "r2", waitSeconds: 2 }));
  expect(next.leases).toMatchObject([{ job: { id: job.id, attempt: 1 } }]);
});
