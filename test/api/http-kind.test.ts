// Jobs of kind `http`: the call, its result, and which failures are tried again.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/servers/free-port.ts";
import { type HttpTarget, startHttpTarget } from "./support/http-target.ts";
import { newQueue, testApi } from "./support/test-api.ts";

// The target listens on loopback, which is refused unless allowed.
const api = testApi({ httpAllow: ["127.0.0.0/8"] });
let target: HttpTarget;
beforeAll(async () => {
  target = await startHttpTarget();
});
afterAll(() => target.close());

const call = (payload: object, more: object = {}) =>
  api().post("/api/v1/jobs", { queue: newQueue(), kind: "http", payload, maxAttempts: 1, ...more }, { headers: { prefer: "wait=20" } });

/** The job once `isSo`. */
const until = (id: string, isSo: (job: { state: string; attempt: number }) => boolean) =>
  eventually(async () => {
    const job = await api().get(`/api/v1/jobs/${id}`);
    if (!isSo(job)) throw new Error(`the job is ${JSON.stringify(job)}`);
    return job;
  });

describe("a response becomes the result", () => {
  test.each([
    ["JSON", "application/json; charset=utf-8", '{"n":1,"text":"ü"}', { n: 1, text: "ü" }],
    ["a problem in JSON", "application/problem+json", "[1]", [1]],
    ["what calls itself JSON and is none", "application/json", "{oops", "{oops"],
    ["text", "text/plain", "grüße", "grüße"],
    ["bytes", "image/png", Buffer.from([0x89, 0x50, 0, 0xff]), { base64: "iVAA/w==" }],
    ["text that cannot be stored", "text/plain", "a\u0000b", { base64: "YQBi" }],
    ["JSON that cannot be stored", "application/json", '"\\u0000"', '"\\u0000"'],
    ["nothing", "text/plain", "", ""],
  ] as const)("of %s", async (what, type, sent, body) => {
    const path = `/result-${encodeURIComponent(what)}`;
    const url = target.on(path, (_, response) =>
      response.writeHead(201, { "content-type": type, "x-tag": "t", "set-cookie": "secret=1" }).end(sent),
    );
    const job = await call({ url });
    expect(job).toMatchObject({
      state: "completed",
      attempt: 1,
      result: { status: 201, headers: { "content-type": type, "x-tag": "t" }, body, truncated: false },
    });
    expect(job.result.headers).not.toHaveProperty("set-cookie");
  });

  test("that is cut at 64 KiB, whatever the server goes on sending", async () => {
    const url = target.on("/endless", (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = () => {
        while (!response.destroyed && response.write('"xxxxxxxxxxxxxxxx"'));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    const { state, result } = await call({ url });
    expect(state).toBe("completed");
    expect(result).toMatchObject({ status: 200, truncated: true });
    expect(result.body).toHaveLength(64 * 1024);
  });
});

test("the request has the method, headers and body of the payload, and names the job so that repeats are known", async () => {
  const url = target.on("/echo", (_, response) => response.end("ok"));
  const { id } = await call({ url, method: "PUT", headers: { "X-Custom": "1", Authorization: "Bearer secret" }, body: { n: [1] } });
  await call({ url, method: "POST", body: "plain", headers: { "content-type": "text/csv", "idempotency-key": "own" } });
  await call({ url, method: "GET", body: "ignored" });
  expect(target.seen("/echo")).toMatchObject([
    {
      method: "PUT",
      body: '{"n":[1]}',
      headers: {
        "x-custom": "1",
        authorization: "Bearer secret",
        "content-type": "application/json",
        "idempotency-key": id,
        "millrace-job-id": id,
        "millrace-attempt": "1",
      },
    },
    { method: "POST", body: "plain", headers: { "content-type": "text/csv", "idempotency-key": "own" } },
    { method: "GET", body: "" },
  ]);
});

describe("a refusal", () => {
  test.each([400, 401, 404, 409, 410, 422, 451])("with %i is final: another attempt would not change it", async (status) => {
    const url = target.on(`/final-${status}`, (_, response) => response.writeHead(status).end("because"));
    const job = await call({ url }, { maxAttempts: 5 });
    expect(job).toMatchObject({
      state: "failed",
      attempt: 1,
      error: { code: `http_${status}`, retryable: false, details: { status, body: "because" } },
    });
    expect(target.seen(`/final-${status}`)).toHaveLength(1);
  });

  test.each([408, 425, 429, 500, 502, 503, 504])("with %i is tried again", async (status) => {
    const path = `/again-${status}`;
    const url = target.on(path, (_, response, times) => response.writeHead(times < 3 ? status : 200).end("done"));
    const backoff = { type: "fixed", baseSeconds: 0 };
    const job = await call({ url }, { maxAttempts: 5, backoff });
    expect(job).toMatchObject({ state: "completed", attempt: 3, result: { body: "done" } });
    expect(target.seen(path).map(({ headers }) => headers["millrace-attempt"])).toEqual(["1", "2", "3"]);
    const { items } = await api().get(`/api/v1/jobs/${job.id}/attempts`);
    expect(items).toMatchObject([
      { outcome: "failed", error: { code: `http_${status}`, retryable: true } },
      { outcome: "failed" },
      { outcome: "completed" },
    ]);
  });

  test.each([
    ["seconds", () => "30"],
    ["a date", () => new Date(Date.now() + 30_000).toUTCString()],
  ])("that says Retry-After in %s is not tried before", async (_, value) => {
    const path = `/later-${value()}`.replaceAll(/[^\w/-]/g, "");
    const url = target.on(path, (_request, response) => response.writeHead(429, { "retry-after": value() }).end());
    const { id } = await api().post("/api/v1/jobs", {
      queue: newQueue(),
      kind: "http",
      payload: { url },
      maxAttempts: 2,
      backoff: { type: "fixed", baseSeconds: 0 },
    });
    const job = await until(id, ({ state, attempt }) => state === "scheduled" && attempt === 1);
    const waitSeconds = (Date.parse(job.runAt) - Date.now()) / 1000;
    expect(waitSeconds).toBeGreaterThan(20);
    expect(waitSeconds).toBeLessThanOrEqual(31);
    expect(target.seen(path)).toHaveLength(1);
  });

  test("by a server that is not there, or hangs up, is tried again and then told", async () => {
    const hangUp = target.on("/hang-up", (_, response) => response.destroy());
    for (const url of [hangUp, "http://127.0.0.1:1/"]) {
      const job = await call({ url }, { maxAttempts: 2, backoff: { type: "fixed", baseSeconds: 0 } });
      expect(job).toMatchObject({ state: "failed", attempt: 2, error: { code: "connection_failed", retryable: true } });
    }
  });

  test("by silence ends at the job's timeout", async () => {
    const url = target.on("/silence", () => {});
    const job = await call({ url }, { timeoutSeconds: 1 });
    expect(job).toMatchObject({ state: "failed", error: { code: "timeout", retryable: true } });
  });
});

test("a cancelled job's call is broken off", async () => {
  let gone: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const url = target.on("/cancelled", (_, response) => response.once("close", gone));
  const { id } = await api().post("/api/v1/jobs", { queue: newQueue(), kind: "http", payload: { url } });
  await eventually(async () => expect(target.seen("/cancelled")).toHaveLength(1));
  await api().post(`/api/v1/jobs/${id}/cancel`);
  await closed;
  expect(await until(id, ({ state }) => state === "cancelled")).toMatchObject({ state: "cancelled", result: null });
});

test.each([
  [{}, "url"],
  [{ url: "nonsense" }, "http"],
  [{ url: "ftp://example.org/x" }, "http"],
  [{ url: "http://example.org", method: "TRACE" }, "method"],
  [{ url: "http://example.org", headers: { "a b": "1" } }, "header"],
  [{ url: "http://example.org", headers: { a: "1\r\nB: 2" } }, "line"],
  [{ url: "http://example.org", hedaers: {} }, "hedaers"],
])("a payload such as %j fails for good, and says why", async (payload, why) => {
  const job = await call(payload, { maxAttempts: 5 });
  expect(job).toMatchObject({ state: "failed", attempt: 1, error: { code: "bad_input", retryable: false } });
  expect(job.error.message).toContain(why);
});

describe("a redirect", () => {
  test("is followed as browsers do, and its secrets stay with their origin", async () => {
    const other = await startHttpTarget();
    const landing = other.on("/landed", (_, response) => response.end("landed"));
    const url = target.on("/redirect", (_, response) => response.writeHead(302, { location: landing }).end());
    const job = await call({ url, method: "POST", body: "x", headers: { Authorization: "Bearer secret", Cookie: "a=1", "X-Kept": "1" } });
    expect(job).toMatchObject({ state: "completed", result: { status: 200, body: "landed" } });
    const [seen] = other.seen("/landed");
    expect(seen).toMatchObject({ method: "GET", body: "", headers: { "x-kept": "1" } });
    for (const secret of ["authorization", "cookie"]) expect(seen?.headers).not.toHaveProperty(secret);
    other.close();
  });

  test("with 307 repeats the method and the body, relative or not", async () => {
    target.on("/there", (_, response) => response.end("there"));
    const url = target.on("/here", (_, response) => response.writeHead(307, { location: "there" }).end());
    expect(await call({ url, method: "POST", body: { n: 1 }, headers: { Authorization: "Bearer own" } })).toMatchObject({
      state: "completed",
      result: { body: "there" },
    });
    expect(target.seen("/there")).toMatchObject([{ method: "POST", body: '{"n":1}', headers: { authorization: "Bearer own" } }]);
  });

  test("that never ends does", async () => {
    const url = target.on("/loop", (_, response) => response.writeHead(301, { location: "/loop" }).end());
    expect(await call({ url })).toMatchObject({ state: "failed", error: { code: "too_many_redirects" } });
    expect(target.seen("/loop")).toHaveLength(6);
  });

  test("to an address that is not allowed is refused like a call to it", async () => {
    for (const location of ["http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/"]) {
      const path = `/to-${location.replaceAll(/\W/g, "-")}`;
      const url = target.on(path, (_, response) => response.writeHead(302, { location }).end());
      expect(await call({ url }), location).toMatchObject({ state: "failed", error: { code: "address_refused", retryable: false } });
    }
  });
});
