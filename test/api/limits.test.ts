// Where the contract's limits lie, to the byte: payloads, names, numbers, times, and what Postgres cannot store.
import { describe, expect, test } from "vitest";
import { expectProblem, newQueue, testApi } from "./support/test-api.ts";

const api = testApi();
const MAX_PAYLOAD_BYTES = 256 * 1024;

const enqueue = (job: object) => api().ask("POST", "/api/v1/jobs", { json: { kind: "noop", ...job } });

async function expectRefused(job: object, path: string): Promise<void> {
  const problem = expectProblem(await enqueue(job), "invalid");
  expect(problem.errors?.map((error) => error.path)).toContain(path);
}

/** A text whose JSON is `bytes` long. */
const jsonOf = (bytes: number, character: string) => {
  const width = Buffer.byteLength(character);
  const count = Math.floor((bytes - 2) / width);
  return character.repeat(count) + "x".repeat(bytes - 2 - count * width);
};

describe("a payload", () => {
  test.each(["a", "ü", "🦀"])("of text in '%s' may have 256 KiB as JSON, and not a byte more", async (character) => {
    const largest = await enqueue({ payload: jsonOf(MAX_PAYLOAD_BYTES, character) });
    expect(largest.status).toBe(201);
    expect((await api().get(`/api/v1/jobs/${largest.body.id}`)).payload).toBe(jsonOf(MAX_PAYLOAD_BYTES, character));
    await expectRefused({ payload: jsonOf(MAX_PAYLOAD_BYTES + 1, character) }, "payload");
  });

  test("may be nested 200 levels deep, and not 201", async () => {
    const nested = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels));
    expect((await enqueue({ payload: nested(200) })).status).toBe(201);
    await expectRefused({ payload: nested(201) }, "payload");
  });

  test("so deep that it would overflow a stack is refused like any other", async () => {
    const body = `{"kind":"noop","payload":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const answer = await api().ask("POST", "/api/v1/jobs", { body, headers: { "content-type": "application/json" } });
    expectProblem(answer, "invalid");
  });

  test.each([
    ["U+0000 in a text", { text: "a\u0000b" }],
    ["U+0000 in a name", { "a\u0000b": 1 }],
    ["half a surrogate pair", ["\ud83e"]],
    ["the other half", [{ deep: ["\udd80"] }]],
  ])("with %s is refused: it cannot be stored as it is", async (_, payload) => {
    await expectRefused({ payload }, "payload");
  });

  const faithful: unknown[] = [null, 0, -1.5e-7, "", [], {}, false, "\\u0000", "\u0001\u001f", "\u2028", { constructor: 1, "": 2 }];
  test.each(faithful.map((payload) => ({ payload })))("$payload comes back as it was", async ({ payload }) => {
    const { body } = await enqueue({ payload });
    expect((await api().get(`/api/v1/jobs/${body.id}`)).payload).toEqual(payload);
  });
});

describe("names", () => {
  const longest = `a${"b".repeat(62)}`;
  test.each(["a", "0", "a.b_c-d", longest])("may be '%s'", async (name) => {
    expect((await enqueue({ queue: name, kind: name })).status).toBe(201);
  });
  test.each(["", "A", "-a", ".a", "a b", "ä", "a/b", "a\n", `${longest}c`, 7, null])("may not be %j", async (name) => {
    await expectRefused({ queue: name }, "queue");
    await expectRefused({ kind: name }, "kind");
  });
});

describe("numbers and lists", () => {
  test.each([
    ["priority", [-100, 0, 100], [-101, 101, 0.5, "1", null]],
    ["maxAttempts", [1, 100], [0, 101, 1.5, "3"]],
    ["delaySeconds", [0, 0.001, 315_360_000, null], [-1, 315_360_001, "5"]],
    ["timeoutSeconds", [1, 604_800], [0.5, 604_801]],
    ["ttlSeconds", [1, 315_360_000, null], [0, 315_360_001]],
    ["uniqueKey", ["k", "k".repeat(256), "🦀".repeat(128)], ["", "k".repeat(257), "a\u0000", "\ud800"]],
    ["tags", [[], Array.from({ length: 20 }, (_, n) => `t${n}`), ["t".repeat(100)]], [Array(21).fill("t"), "t", { t: 1 }]],
    ["backoff", [{}, { type: "fixed", baseSeconds: 0 }], [{ type: "quadratic" }, 1]],
  ] as const)("%s", async (field, good, bad) => {
    for (const value of good) expect((await enqueue({ queue: newQueue(), [field]: value })).status, JSON.stringify(value)).toBe(201);
    for (const value of bad) {
      const problem = expectProblem(await enqueue({ [field]: value }), "invalid");
      expect(problem.errors?.[0]?.path, JSON.stringify(value)).toMatch(new RegExp(`^${field}\\b`));
    }
  });
});

describe("times", () => {
  test.each([
    ["2031-01-31T08:30:00Z", "2031-01-31T08:30:00.000Z"],
    ["2031-01-31T08:30:00.123456+02:00", "2031-01-31T06:30:00.123Z"],
    ["2028-02-29T00:00:00-11:30", "2028-02-29T11:30:00.000Z"],
    ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
    ["9999-12-31T23:59:59-05:00", null],
  ])("runAt may be %s", async (runAt, readBack) => {
    const answer = await enqueue({ runAt });
    if (readBack === null) {
      expectProblem(answer, "invalid"); // in the year 10000 of UTC
      return;
    }
    expect(answer).toMatchObject({ status: 201, body: { state: "scheduled", runAt: readBack } });
    expect((await api().get(`/api/v1/jobs/${answer.body.id}`)).runAt).toBe(readBack);
  });

  test("runAt in the past means now", async () => {
    expect(await enqueue({ runAt: "2001-01-01T00:00:00Z" })).toMatchObject({ status: 201, body: { state: "queued" } });
  });

  test.each([
    "",
    "soon",
    "2031-01-31",
    "2031-02-29T00:00:00Z",
    "2031-13-01T00:00:00Z",
    "2031-01-31T25:00:00Z",
    "0000-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "+010000-01-01T00:00:00Z",
    "2031-01-31T08:30:00",
    1_900_000_000,
  ])("runAt may not be %j", async (runAt) => expectRefused({ runAt }, "runAt"));

  test("runAt and delaySeconds are alternatives", async () => {
    await expectRefused({ runAt: "2031-01-31T08:30:00Z", delaySeconds: 5 }, "delaySeconds");
    expect((await enqueue({ runAt: null, delaySeconds: 5 })).status).toBe(201);
  });
});

describe("what the contract names and nobody has built yet", () => {
  test.each([{ concurrencyKey: "k" }, { requires: { gpus: 1 } }, { requires: { vramMib: 1 } }, { requires: { model: "m" } }])(
    "%j is answered not_implemented",
    async (field) => {
      expectProblem(await enqueue(field), "not_implemented");
    },
  );

  test("is accepted where it asks for nothing", async () => {
    const requires = { gpus: 0, vramMib: 0, model: null, labels: {} };
    expect((await enqueue({ concurrencyKey: null, requires })).status).toBe(201);
  });

  test("in lists, queues and schedules says so too", async () => {
    expectProblem(await api().ask("GET", "/api/v1/jobs?flowId=flow_1"), "not_implemented");
    expectProblem(await api().ask("GET", "/api/v1/jobs?scheduleId=sch_1"), "not_implemented");
    const json = { rateLimit: { limit: 5, perSeconds: 1 } };
    expectProblem(await api().ask("PUT", `/api/v1/queues/${newQueue()}`, { json }), "not_implemented");
    expectProblem(await api().ask("POST", "/api/v1/schedules"), "not_implemented");
    expectProblem(await api().ask("POST", "/api/v1/uploads/presign"), "not_implemented");
  });

  test("beside a mistake is told with it, as invalid", async () => {
    const problem = expectProblem(await enqueue({ concurrencyKey: "k", priority: 1000 }), "invalid");
    expect(problem.errors?.map(({ path }) => path).sort()).toEqual(["concurrencyKey", "priority"]);
  });
});
