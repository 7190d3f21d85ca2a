// Idempotency-Key: the same request replays its answer, another one is refused, and two at once make one job.
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { expectProblem, newQueue, testApi } from "./support/test-api.ts";

const api = testApi();

const send = (path: string, json: unknown, key: string) =>
  api().ask("POST", path, { ...(json === undefined ? {} : { json }), headers: { "idempotency-key": key } });

async function countJobs(queue: string): Promise<number> {
  const [row] = await api().database.sql`select count(*)::int as n from millrace.all_jobs where queue = ${queue}`;
  return row?.n;
}

describe.each([
  { path: "/api/v1/jobs", request: (queue: string) => ({ queue, kind: "noop", payload: { n: 1 } }), status: 201 },
  { path: "/api/v1/jobs/batch", request: (queue: string) => ({ jobs: [{ queue, kind: "noop", payload: { n: 1 } }] }), status: 201 },
])("POST $path with an Idempotency-Key", ({ path, request, status }) => {
  test("is answered again word for word, and made once", async () => {
    const [queue, key] = [newQueue(), randomUUID()];
    const first = await send(path, request(queue), key);
    const again = await send(path, request(queue), key);
    expect([first.status, again.status]).toEqual([status, status]);
    expect(again.body).toEqual(first.body);
    expect([first, again].map(({ headers }) => headers.get("idempotency-replayed"))).toEqual([null, "true"]);
    expect(await countJobs(queue)).toBe(1);
  });

  test("is refused with another body, or on another path", async () => {
    const [queue, key] = [newQueue(), randomUUID()];
    await send(path, request(queue), key);
    expectProblem(await send(path, request(newQueue()), key), "idempotency_mismatch");
    expectProblem(await send("/api/v1/events", { topic: "a.b" }, key), "idempotency_mismatch");
    expect(await countJobs(queue)).toBe(1);
  });

  test("makes one job out of many requests at the same time, and every answer names it", async () => {
    const [queue, key] = [newQueue(), randomUUID()];
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(path, request(queue), key)));
    const ids = answers.filter((answer) => answer.status === status).map(({ body }) => body.id ?? body.items[0].id);
    expect(new Set(ids).size).toBe(1);
    // Those that came while the first one ran may be told so.
    for (const answer of answers.filter((one) => one.status !== status)) expectProblem(answer, "idempotency_in_progress");
    expect(await countJobs(queue)).toBe(1);
  });

  test("leaves the key free when it was refused", async () => {
    const [queue, key] = [newQueue(), randomUUID()];
    expectProblem(await send(path, { nonsense: true }, key), "invalid");
    expect((await send(path, request(queue), key)).status).toBe(status);
  });
});

test("a job's answer is replayed as it was, although the job has gone on since", async () => {
  const [queue, key] = [newQueue(), randomUUID()];
  const first = await send("/api/v1/jobs", { queue, kind: "noop" }, key);
  await api().post(`/api/v1/jobs/${first.body.id}/cancel`);
  const again = await send("/api/v1/jobs", { queue, kind: "noop" }, key);
  expect(again.body).toMatchObject({ id: first.body.id, state: "queued" });
});

test("a cancel is carried out once and replayed, where a second one would be a conflict", async () => {
  const [key, other] = [randomUUID(), randomUUID()];
  const job = await api().post("/api/v1/jobs", { queue: newQueue(), kind: "noop" });
  const first = await send(`/api/v1/jobs/${job.id}/cancel`, undefined, key);
  const again = await send(`/api/v1/jobs/${job.id}/cancel`, undefined, key);
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expectProblem(await send(`/api/v1/jobs/${job.id}/cancel`, undefined, other), "conflict");
});

test("a train request is replayed, whether it names an upload or brings the file", async () => {
  const upload = await api().post("/api/v1/uploads", undefined, { body: "some text" });
  const keys = [randomUUID(), randomUUID()];
  const named = () => send("/api/train", { datasetUploadId: upload.id }, keys[0] as string);
  const [first, again] = [await named(), await named()];
  expect(again).toMatchObject({ status: 202, body: first.body });
  expect(again.headers.get("idempotency-replayed")).toBe("true");

  const brought = (text: string) => {
    const body = new FormData();
    body.set("file", new File([text], "book.txt", { type: "text/plain" }));
    return api().ask("POST", "/api/train", { body, headers: { "idempotency-key": keys[1] as string } });
  };
  const uploads = async () => (await api().countRows()).uploads;
  const made = await brought("the text");
  const stored = await uploads();
  const replayed = await brought("the text");
  expect(replayed).toMatchObject({ status: 202, body: made.body });
  expectProblem(await brought("another text"), "idempotency_mismatch");
  expect(await uploads(), "what a replay or a refusal brought is not kept").toBe(stored);
});

test("a key is 1 to 255 printable ASCII characters", async () => {
  const job = { queue: newQueue(), kind: "noop" };
  for (const key of ["a".repeat(256), "two words", "ü"]) {
    expect(expectProblem(await send("/api/v1/jobs", job, key), "invalid").errors?.[0]?.path).toBe("Idempotency-Key");
  }
  expect((await send("/api/v1/jobs", job, "~".repeat(255))).status).toBe(201);
});
