// Health, metrics, the API's own description, and the documented names from the seeds.
import postgres from "postgres";
import { describe, expect, inject, test } from "vitest";
import { eventually } from "../support/servers/free-port.ts";
import { committedDocument } from "./support/operations.ts";
import { expectProblem, newQueue, testApi } from "./support/test-api.ts";

const api = testApi({ sweepSeconds: 30 });
const open = (path: string) => api().ask("GET", path, { key: null });

test("the process says that it lives", async () => {
  for (const path of ["/health", "/health/live"]) expect(await open(path)).toMatchObject({ status: 200, body: { status: "ok" } });
});

test("readiness checks every part", async () => {
  for (const path of ["/health/ready", "/api/health/readyz"]) {
    expect(await open(path)).toMatchObject({ status: 200, body: { status: "ok", checks: { database: "ok", blobs: "ok" } } });
  }
});

describe("/metrics", () => {
  test("is Prometheus text with HELP and TYPE, open to scrapers, and counts jobs by queue and state", async () => {
    const queue = newQueue();
    await api().post("/api/v1/jobs/batch", { jobs: Array.from({ length: 3 }, () => ({ queue, kind: "noop" })) });
    const { status, headers, text } = await open("/metrics");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain("# HELP millrace_jobs ");
    expect(text).toContain(`millrace_jobs{workspace="default",queue="${queue}",state="queued"} 3`);
    expect(text).toContain('http_requests_total{method="POST",route="/api/v1/jobs/batch",status="201"}');
    for (const name of ["http_request_duration_seconds", "websocket_clients_connected"]) expect(text).toContain(`# TYPE ${name} `);
    for (const line of text.trimEnd().split("\n")) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|[a-z_]+(\{.*\})? [\d.e+-]+)$/);
  });

  test("names routes, never paths, so that ids do not become series", async () => {
    await open("/api/v1/jobs/job_01kaj7zqv5fd8tqb5x1v2m3n4p");
    await open("/some/path/that/is/none");
    const { text } = await open("/metrics");
    expect(text).toContain('route="/api/v1/jobs/{id}"');
    expect(text).toContain('route="unknown"');
    expect(text).not.toContain("job_01kaj7zqv5fd8tqb5x1v2m3n4p");
  });

  test.skipIf(inject("postgresUrl") === null)("costs one statement that reads no job, however many are stored", async () => {
    await api().post("/api/v1/jobs/batch", { jobs: Array.from({ length: 5000 }, () => ({ queue: newQueue(), kind: "noop" })) });
    const statement = await statementOfMetrics();
    const sql = postgres(api().database.url, { max: 1, fetch_types: false });
    // Counts and their recent deltas are read; a job's row never is.
    const plan = JSON.stringify(await sql.unsafe(`explain (format json) ${statement}`));
    await sql.end();
    expect(plan).toContain("job_counts");
    expect(plan).not.toMatch(/"Relation Name": ?"(jobs|finished_jobs\w*)"/);
  });
});

/** What the API asked the database, as the last statement of one of its connections. */
function statementOfMetrics(): Promise<string> {
  return eventually(async () => {
    await open("/metrics");
    const [row] = await api().database.sql`
      select query from pg_stat_activity
      where datname = current_database() and application_name = 'millrace' and query like '%job_counts%' and pid <> pg_backend_pid()`;
    if (!row) throw new Error("another statement came in between");
    return row.query;
  });
}

test("the API describes itself by the committed document", async () => {
  const { status, body } = await open("/api/openapi.json");
  expect(status).toBe(200);
  expect(body).toEqual(committedDocument());
});

test("the reference pages load nothing from elsewhere", async () => {
  const { status, headers, text } = await open("/api/docs");
  expect(status).toBe(200);
  expect(headers.get("content-type")).toMatch(/^text\/html/);
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(text).not.toMatch(/(src|href)="https?:/);
});

describe("the documented names", () => {
  test("train and generate enqueue ordinary jobs on the queue gpu, and status tells how far they are", async () => {
    const upload = await api().post("/api/v1/uploads", undefined, { body: "a text" });
    const train = await api().ask("POST", "/api/train", { json: { datasetUploadId: upload.id, name: "my-book" } });
    const generate = await api().ask("POST", "/api/generate", { json: { modelId: upload.id, prompt: "It was", seed: 7 } });
    for (const [answer, kind] of [
      [train, "train"],
      [generate, "generate"],
    ] as const) {
      const { jobId } = answer.body;
      expect(answer).toMatchObject({ status: 202, body: { jobId: expect.stringMatching(/^job_/) } });
      expect(answer.headers.get("location")).toBe(`/api/v1/jobs/${jobId}`);
      expect(await api().get(`/api/v1/jobs/${jobId}`)).toMatchObject({ queue: "gpu", kind, state: "queued" });
      expect(await api().get(`/api/status/${jobId}`)).toEqual({ jobId, status: "queued", progress: 0 });
    }
    expect((await api().get(`/api/v1/jobs/${train.body.jobId}`)).payload).toEqual({
      datasetUploadId: upload.id,
      name: "my-book",
      engine: "ngram",
      options: { order: 4, unit: "word", heldOutFraction: 0.1, minCount: 1 },
    });
  });

  test("train takes the file itself", async () => {
    const body = new FormData();
    body.set("file", new File(["a text"], "book.txt", { type: "text/plain" }));
    body.set("options", '{"order":2}');
    const { status, body: accepted } = await api().ask("POST", "/api/train", { body });
    expect(status).toBe(202);
    const { payload } = await api().get(`/api/v1/jobs/${accepted.jobId}`);
    expect(payload.options.order).toBe(2);
    expect(await api().get(`/api/v1/uploads/${payload.datasetUploadId}`)).toMatchObject({ name: "book.txt", sizeBytes: 6 });
  });

  test.each([
    ["/api/train", { datasetUploadId: "x" }, "datasetUploadId"],
    ["/api/train", { datasetUploadId: "upl_01kag00000e008000000000000", engine: "llm" }, "engine"],
    ["/api/train", { datasetUploadId: "upl_01kag00000e008000000000000", options: { order: 9 } }, "options.order"],
    ["/api/generate", { modelId: "upl_01kag00000e008000000000000" }, "prompt"],
    ["/api/generate", { modelId: "upl_01kag00000e008000000000000", prompt: "x", maxTokens: 5000 }, "maxTokens"],
    ["/api/generate", { modelId: "upl_01kag00000e008000000000000", prompt: "x", temperature: -1 }, "temperature"],
  ])("%s refuses %j at its path", async (path, json, field) => {
    const problem = expectProblem(await api().ask("POST", path, { json }), "invalid");
    expect(problem.errors?.map((error) => error.path)).toContain(field);
  });
});

test.skipIf(inject("postgresUrl") === null)(
  "while Postgres is away everything answers 503 with Retry-After, readiness names it, and it heals by itself",
  async () => {
    const name = new URL(api().database.url).pathname.slice(1);
    const admin = postgres(new URL("/postgres", api().database.url).href, { max: 1, fetch_types: false });
    await admin.unsafe(`alter database ${name} allow_connections false`);
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
    const away = await eventually(async () => {
      const answer = await api().ask("GET", "/api/v1/jobs");
      expect(answer.status).toBe(503);
      return answer;
    });
    expectProblem(away, "unavailable");
    expect(Number(away.headers.get("retry-after"))).toBeGreaterThan(0);
    const ready = await open("/health/ready");
    expect(ready).toMatchObject({ status: 503, body: { status: "unavailable", checks: { blobs: "ok" } } });
    expect(ready.body.checks.database).not.toBe("ok");
    expect(ready.text).not.toMatch(/postgres:\/\/|127\.0\.0\.1/);
    expect((await open("/health")).status).toBe(200);
    await admin.unsafe(`alter database ${name} allow_connections true`);
    await admin.end();
    await eventually(async () => expect((await open("/health/ready")).status).toBe(200));
  },
);
