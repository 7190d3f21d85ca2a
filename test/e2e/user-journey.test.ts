// What a new user does, on the real product: upload a text, train a model on it, watch, generate; and what nobody wants
// to happen in between: each process killed with SIGKILL in mid-training, the supervisor included.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEvents } from "../api/support/live.ts";
import { prose } from "../support/prose.ts";
import { eventually } from "../support/servers/free-port.ts";
import { type Millrace, startMillrace } from "../support/start-millrace.ts";

/** Takes a few seconds to learn from: time to be killed in. */
const TEXT = prose(8_000_000);
const SLOW = { order: 8, unit: "char" };
const SECONDS = 1000;

let millrace: Millrace;
beforeAll(async () => {
  millrace = await startMillrace({ env: { RUNNER_LEASE_SECONDS: "5", MILLRACE_SWEEP_SECONDS: "1" } });
}, 120 * SECONDS);
afterAll(() => millrace?.stop());

const headers = () => ({ authorization: `Bearer ${millrace.adminKey}` });

async function ask(method: string, path: string, init: RequestInit = {}) {
  const response = await fetch(`${millrace.url}${path}`, { method, ...init, headers: { ...headers(), ...init.headers } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
const post = (path: string, json: unknown) =>
  ask("POST", path, { body: JSON.stringify(json), headers: { "content-type": "application/json" } });

/** The job once it is over, however often the API is away meanwhile. */
const untilOver = (jobId: string) =>
  eventually(
    async () => {
      const job = await ask("GET", `/api/v1/jobs/${jobId}`);
      if (!["completed", "failed", "cancelled"].includes(job.state)) throw new Error(`the job is ${JSON.stringify(job)}`);
      return job;
    },
    { seconds: 60 },
  );

const upload = () => ask("POST", "/api/v1/uploads", { body: TEXT, headers: { "content-type": "text/plain", "x-filename": "book.txt" } });

/** A train job that has made some progress. */
async function startTraining(datasetUploadId: string): Promise<string> {
  const { jobId } = await post("/api/train", { datasetUploadId, options: SLOW });
  await eventually(async () => {
    const job = await ask("GET", `/api/v1/jobs/${jobId}`);
    if (job.state !== "running" || job.progress.fraction === 0) throw new Error(`the job is ${JSON.stringify(job)}`);
  });
  return jobId;
}

test("a text becomes a model, and the model a text, with every step to be watched", { timeout: 90 * SECONDS }, async () => {
  const book = await upload();
  expect(book.sizeBytes).toBeGreaterThanOrEqual(1_000_000);

  const stream = await openEvents(`${millrace.url}/api/v1/events?queue=gpu`, headers());
  const { jobId } = await post("/api/train", { datasetUploadId: book.id, name: "mill", options: SLOW });
  const events = await stream.until(({ type, data }) => data.jobId === jobId && /completed|failed|cancelled/.test(type), 60);
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["job.enqueued", "job.started", "job.progress", "job.completed"]));
  // Some steps of progress were seen, and it never went back.
  const fractions = events.flatMap(({ type, data }) =>
    type === "job.progress" ? [(data.data.progress as { fraction: number }).fraction] : [],
  );
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));

  const { result } = await ask("GET", `/api/v1/jobs/${jobId}`);
  expect(result.perplexity).toBeGreaterThan(1);
  expect(result.perplexity).toBeLessThan(50);
  const { items } = await ask("GET", `/api/v1/jobs/${jobId}/artifacts`);
  expect(items.map(({ uploadId }: { uploadId: string }) => uploadId)).toContain(result.modelId);

  const request = { modelId: result.modelId, prompt: "The old", maxTokens: 40, seed: 7, temperature: 0.5 };
  const [first, again] = [await post("/api/generate", request), await post("/api/generate", request)];
  const [one, two] = [await untilOver(first.jobId), await untilOver(again.jobId)];
  expect(one.result).toMatchObject({ text: expect.stringMatching(/\w+ \w+/) });
  expect(two.result.text, "the same seed makes the same text").toBe(one.result.text);
  stream.close();
});

describe("in mid-training, SIGKILL", () => {
  test.each(["runner", "api", "database"] as const)(
    "of the %s loses nothing: the same job completes",
    { timeout: 120 * SECONDS },
    async (name) => {
      const book = await upload();
      const jobId = await startTraining(book.id);
      expect(millrace.killChild(name)).toBe(true);
      expect(await untilOver(jobId)).toMatchObject({ id: jobId, state: "completed", result: { modelId: expect.stringMatching(/^upl_/) } });
      const { items } = await ask("GET", `/api/v1/jobs/${jobId}/attempts`);
      expect(items.filter(({ outcome }: { outcome: string }) => outcome === "completed")).toHaveLength(1);
      expect((await ask("GET", `/api/v1/uploads/${book.id}`)).sha256).toBe(book.sha256);
    },
  );

  test("of the supervisor takes everything down, and a new start goes on with the same data", { timeout: 120 * SECONDS }, async () => {
    const book = await upload();
    const jobId = await startTraining(book.id);
    const before = await ask("GET", "/api/v1/jobs?limit=200");
    await millrace.killAll();
    await millrace.start();
    const after = await ask("GET", "/api/v1/jobs?limit=200");
    expect(after.items.map(({ id }: { id: string }) => id)).toEqual(before.items.map(({ id }: { id: string }) => id));
    expect(await untilOver(jobId)).toMatchObject({ id: jobId, state: "completed" });
    const content = await fetch(`${millrace.url}/api/v1/uploads/${book.id}/content`, { headers: headers() });
    expect(await content.text()).toBe(TEXT);
  });
});
