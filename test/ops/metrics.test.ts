// What /metrics says, read from the real process after real jobs.
import { expect, test } from "vitest";
import { testApi } from "../api/support/test-api.ts";
import { eventually } from "../support/servers/free-port.ts";
import { hasPromtool, promtool } from "./support/promtool.ts";

const api = testApi({ role: "api", sweepSeconds: 0.2 });

/** The value of one sample, named with its labels in the order they are written; undefined where it is not there. */
async function sample(name: string): Promise<number | undefined> {
  const { text } = await api().ask("GET", "/metrics", { key: null });
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

async function lease(queue: string, leaseSeconds = 60): Promise<string> {
  const { leases } = await api().post("/api/v1/leases", { runnerId: "r1", queues: [queue], max: 1, leaseSeconds, waitSeconds: 5 });
  return leases[0].leaseToken;
}

const settle = (leaseToken: string, item: object) =>
  api().post("/api/v1/leases/settle", { runnerId: "r1", items: [{ leaseToken, ...item }] });

const enqueue = (queue: string, fields: object = {}) => api().post("/api/v1/jobs", { queue, kind: "command", ...fields });

test("jobs are counted by queue, kind and outcome, with their waits and runs", async () => {
  await enqueue("counted", { maxAttempts: 2, backoff: { baseSeconds: 0 } });
  await settle(await lease("counted"), { outcome: "failed", error: { code: "oops", message: "It broke.", retryable: true } });
  await settle(await lease("counted"), { outcome: "completed", result: null });
  const cancelled = await enqueue("counted", { delaySeconds: 3600 });
  await api().post(`/api/v1/jobs/${cancelled.id}/cancel`);

  const labels = `queue="counted",kind="command"`;
  expect(await sample(`millrace_jobs_enqueued_total{${labels}}`)).toBe(2);
  expect(await sample(`millrace_jobs_finished_total{${labels},outcome="completed"}`)).toBe(1);
  expect(await sample(`millrace_jobs_finished_total{${labels},outcome="cancelled"}`)).toBe(1);
  expect(await sample(`millrace_jobs_finished_total{${labels},outcome="failed"}`)).toBe(0);
  expect(await sample(`millrace_attempts_retried_total{${labels}}`)).toBe(1);
  expect(await sample(`millrace_job_wait_seconds_count{${labels}}`)).toBe(2);
  expect(await sample(`millrace_job_run_seconds_bucket{${labels},le="+Inf"}`)).toBe(2);
});

test("an attempt whose lease runs out is counted as rescued", async () => {
  const before = (await sample("millrace_lease_rescues_total")) ?? Number.NaN;
  await enqueue("abandoned", { maxAttempts: 1 });
  await lease("abandoned", 5);
  await api().database.sql`update millrace.jobs set lease_expires_at = now() - interval '1 second' where queue = 'abandoned'`;
  await eventually(async () => expect(await sample("millrace_lease_rescues_total")).toBe(before + 1), { seconds: 10 });
  expect(await sample('millrace_jobs_finished_total{queue="abandoned",kind="command",outcome="failed"}')).toBe(1);
});

test("a queue shows how long its oldest ready job waits, whether it is paused, and who serves it", async () => {
  const labels = 'workspace="default",queue="gauged"';
  await enqueue("gauged", { priority: 5 });
  await enqueue("gauged");
  await api().database
    .sql`update millrace.jobs set created_at = now() - interval '90 seconds', run_at = now() - interval '90 seconds' where queue = 'gauged' and priority = 0`;
  expect(await sample(`millrace_queue_oldest_seconds{${labels}}`)).toBeGreaterThan(89);
  expect(await sample(`millrace_queue_oldest_seconds{${labels}}`)).toBeLessThan(150);
  expect(await sample(`millrace_queue_runners{${labels}}`)).toBe(0);
  expect(await sample(`millrace_queue_paused{${labels}}`)).toBe(0);
  expect(await sample(`millrace_jobs{${labels},state="queued"}`)).toBe(2);

  await lease("gauged");
  await api().post("/api/v1/queues/gauged/pause");
  expect(await sample(`millrace_queue_runners{${labels}}`)).toBe(1);
  expect(await sample(`millrace_queue_paused{${labels}}`)).toBe(1);
});

test("the scheduler lags by what is most overdue, and sweeps are counted", async () => {
  expect(await sample("millrace_scheduler_lag_seconds")).toBeLessThan(5);
  expect(await sample('millrace_sweeps_total{outcome="ok"}')).toBeGreaterThan(0);
  expect(await sample('millrace_sweeps_total{outcome="failed"}')).toBe(0);
  expect(await sample("millrace_database_up")).toBe(1);
});

test.skipIf(!hasPromtool)("Prometheus' own checker has nothing to say against it", async () => {
  const { text } = await api().ask("GET", "/metrics", { key: null });
  expect(promtool(["check", "metrics"], text)).toEqual({ ok: true, output: "" });
});
