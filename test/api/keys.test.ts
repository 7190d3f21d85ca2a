// API keys and dashboard sessions: shown once, stored hashed, revoked at once, and safe from other sites.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Ask, expectProblem, testApi } from "./support/test-api.ts";

const api = testApi();

const make = (json: object, ask: Ask = {}) => api().ask("POST", "/api/v1/keys", { json, ...ask });
const readJobs = (key: string) => api().ask("GET", "/api/v1/jobs", { key });

async function logIn(key: string, headers: Record<string, string> = {}) {
  const answer = await api().ask("POST", "/api/v1/session", { json: { key }, key: null, headers });
  return { answer, cookie: answer.headers.get("set-cookie")?.split(";")[0] ?? "" };
}
const withCookie = (method: string, path: string, cookie: string, ask: Ask = {}) =>
  api().ask(method, path, { ...ask, key: null, headers: { cookie, ...ask.headers } });

describe("an API key", () => {
  test("is shown once, when it is made; only its hash is stored", async () => {
    const { status, body, headers } = await make({ name: "web app", scopes: ["read", "submit", "read"] });
    expect(status).toBe(201);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toMatchObject({ name: "web app", scopes: ["read", "submit"], lastUsedAt: null });
    expect(body.key).toMatch(/^mr_[\w-]{43}$/);
    const list = await api().ask("GET", "/api/v1/keys");
    const { key, ...shown } = body;
    expect(list.body.items).toContainEqual(shown);
    expect(list.text).not.toContain(key);
    const [row] = await api().database.sql`select hash from millrace.api_keys where name = 'web app'`;
    expect(row?.hash).toBe(createHash("sha256").update(key).digest("hex"));
  });

  test("works until it is revoked, and not a moment longer, its sessions included", async () => {
    const { body } = await make({ name: "short-lived", scopes: ["read"] });
    const { cookie } = await logIn(body.key);
    expect((await readJobs(body.key)).status).toBe(200);
    expect((await withCookie("GET", "/api/v1/jobs", cookie)).status).toBe(200);
    expect((await api().ask("DELETE", `/api/v1/keys/${body.id}`)).status).toBe(204);
    expectProblem(await readJobs(body.key), "unauthorized");
    expectProblem(await withCookie("GET", "/api/v1/jobs", cookie), "unauthorized");
    expectProblem(await api().ask("DELETE", `/api/v1/keys/${body.id}`), "not_found");
  });

  test("does not revoke itself, so that the last admin is not locked out", async () => {
    const { body } = await make({ name: "admin two", scopes: ["admin"] });
    expectProblem(await api().ask("DELETE", `/api/v1/keys/${body.id}`, { key: body.key }), "conflict");
    const { cookie } = await logIn(body.key);
    expectProblem(await withCookie("DELETE", `/api/v1/keys/${body.id}`, cookie), "conflict");
    expect((await readJobs(body.key)).status).toBe(200);
  });

  test.each([
    [{ name: "", scopes: ["read"] }, "name"],
    [{ name: "x".repeat(101), scopes: ["read"] }, "name"],
    [{ name: "a\u0000", scopes: ["read"] }, "name"],
    [{ name: "a", scopes: [] }, "scopes"],
    [{ name: "a", scopes: ["root"] }, "scopes[0]"],
    [{ name: "a" }, "scopes"],
  ])("is refused where it is %j", async (json, path) => {
    expect(expectProblem(await make(json), "invalid").errors?.map((error) => error.path)).toContain(path);
  });
});

describe("a session", () => {
  test("is opened with a key, kept in a cookie that scripts and other sites do not get, and says who it is", async () => {
    const { answer, cookie } = await logIn(api().adminKey);
    expect(answer).toMatchObject({ status: 200, body: { name: "test admin", scopes: ["admin"] } });
    const attributes = answer.headers.get("set-cookie")?.split("; ").slice(1).sort();
    expect(attributes).toEqual(["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Strict"]);
    expect(cookie).not.toContain(api().adminKey);
    expect((await withCookie("GET", "/api/v1/session", cookie)).body).toEqual({ name: "test admin", scopes: ["admin"] });
    expect((await withCookie("POST", "/api/v1/jobs", cookie, { json: { kind: "noop" } })).status).toBe(201);
  });

  test("has the rights of its key and no more", async () => {
    const { cookie } = await logIn(await api().makeKey("read"));
    expect((await withCookie("GET", "/api/v1/jobs", cookie)).status).toBe(200);
    expectProblem(await withCookie("POST", "/api/v1/jobs", cookie, { json: { kind: "noop" } }), "forbidden");
  });

  test("is over after logging out, and its key is not", async () => {
    const key = await api().makeKey("read");
    const { cookie } = await logIn(key);
    const out = await withCookie("DELETE", "/api/v1/session", cookie);
    expect(out.status).toBe(204);
    expect(out.headers.get("set-cookie")).toMatch(/^millrace_session=; Max-Age=0; /);
    expectProblem(await withCookie("GET", "/api/v1/session", cookie), "unauthorized");
    expect((await readJobs(key)).status).toBe(200);
  });

  test("is all that logging out ends: an API key sent as the cookie lives on", async () => {
    const key = await api().makeKey("read");
    const cookie = `millrace_session=${key}`;
    const { status } = await withCookie("DELETE", "/api/v1/session", cookie);
    expect([204, 401]).toContain(status);
    expect((await readJobs(key)).status).toBe(200);
    expect((await api().ask("DELETE", "/api/v1/session", { key })).status).toBe(204);
    expect((await readJobs(key)).status).toBe(200);
  });

  test("is not opened with a key that nobody has, nor from another site's page", async () => {
    for (const key of ["mr_nobodys", " ", "\u0000"]) expectProblem((await logIn(key)).answer, "unauthorized");
    expectProblem((await logIn("")).answer, "invalid");
    expectProblem((await logIn(api().adminKey, { origin: "http://evil.example" })).answer, "forbidden");
  });

  test("does not carry out what another site's page sends with it", async () => {
    const { cookie } = await logIn(api().adminKey);
    const foreign = [
      { origin: "http://evil.example" },
      { origin: "null" },
      { origin: `${api().url}.evil.example` },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ] as Record<string, string>[];
    const before = await api().countRows();
    for (const headers of foreign) {
      for (const [method, path] of [
        ["POST", "/api/v1/jobs"],
        ["PUT", "/api/v1/queues/q"],
        ["DELETE", "/api/v1/session"],
      ] as const) {
        const json = method === "DELETE" ? {} : { json: { kind: "noop" } };
        expectProblem(await withCookie(method, path, cookie, { ...json, headers }), "forbidden");
      }
    }
    expect(await api().countRows()).toEqual(before);
    const own = { origin: api().url, "sec-fetch-site": "same-origin" };
    expect((await withCookie("POST", "/api/v1/jobs", cookie, { json: { kind: "noop" }, headers: own })).status).toBe(201);
  });

  test("gives way to an API key in the same request", async () => {
    const { cookie } = await logIn(api().adminKey);
    const key = await api().makeKey("read");
    expectProblem(await api().ask("POST", "/api/v1/jobs", { json: { kind: "noop" }, key, headers: { cookie } }), "forbidden");
  });
});
