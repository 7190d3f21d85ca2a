// What every operation refuses, from one loop over openapi.json: no key, a wrong key, the wrong scope, unknown ids,
// wrong methods, and bodies that are no JSON, too large, of another type or have unknown fields.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCOPES, type Scope } from "../../src/contract/key.ts";
import { documentedOperations, type NamedOperation, operations } from "./support/operations.ts";
import { type Answer, type Ask, expectProblem, inChunks, testApi } from "./support/test-api.ts";

const api = testApi();
const keys = new Map<Scope, string>();
let before: Record<string, number> = {};

const protectedOnes = operations.filter(({ scopes }) => scopes !== "public");
const withJson = operations.filter(({ json }) => json !== undefined);
const withParams = operations.filter(({ params, existsAlways }) => params && !existsAlways);

const MAX_BODY = 8 * 1024 * 1024;

beforeAll(async () => {
  for (const scope of SCOPES) keys.set(scope, await api().makeKey(scope));
  before = await api().countRows();
});
afterAll(async () => {
  // The one thing that valid requests above may leave behind is taken out where it is made.
  expect(await api().countRows(), "nothing is written on any refusal").toEqual(before);
});

/** The operation's smallest valid request, with what `change` replaces. */
function request(operation: NamedOperation, change: Ask = {}): Promise<Answer> {
  const { json, raw } = operation;
  const body: Ask = json === undefined ? (raw === undefined ? {} : { body: raw }) : { json };
  return api().ask(operation.method, operation.path, { ...("json" in change || "body" in change ? {} : body), ...change });
}

test("the table of operations is the one in openapi.json", () => {
  const { all, open } = documentedOperations();
  expect(operations.map(({ name }) => name).sort()).toEqual(all.sort());
  expect(
    operations
      .filter(({ scopes }) => scopes === "public")
      .map(({ name }) => name)
      .sort(),
  ).toEqual(open.sort());
});

describe("who may", () => {
  test.each(protectedOnes)("$name needs a key: without one it answers 401 and names the scheme", async (operation) => {
    const answer = await request(operation, { key: null });
    expectProblem(answer, "unauthorized");
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="millrace"');
  });

  // From 004.4 of the seeds, and keys that look right and are nobody's.
  const garbage = ["invalid_key_format", "mr_tooshort", "not_mr_prefix_key_abc123", `mr_${"a".repeat(48)}`, "x".repeat(10_000)];
  test.each(protectedOnes)("$name refuses keys that nobody has with 401", async (operation) => {
    for (const key of garbage) expectProblem(await request(operation, { key }), "unauthorized");
    for (const authorization of ["Bearer", "Bearer ", "Basic bXI6cGFzcw==", "mr_aaaaaaaa"]) {
      expectProblem(await request(operation, { key: null, headers: { authorization } }), "unauthorized");
    }
  });

  const refusals = protectedOnes.flatMap((operation) => {
    const allowed: readonly Scope[] = operation.scopes === null ? SCOPES : ["admin", ...(operation.scopes as readonly Scope[])];
    return SCOPES.filter((scope) => !allowed.includes(scope)).map((scope) => ({ ...operation, scope }));
  });
  test.each(refusals)("$name refuses a key that only has scope $scope with 403", async ({ scope, ...operation }) => {
    const problem = expectProblem(await request(operation, { key: keys.get(scope) as string }), "forbidden");
    expect(problem.detail).toContain("scope");
  });

  const writes =
    /^(POST \/api\/v1\/(jobs|jobs\/batch|leases|uploads|keys|events)|PUT \/api\/v1\/queues.*|GET \/api\/v1\/events|DELETE \/api\/v1\/session)$/;
  const grants = protectedOnes
    .filter(({ name, scopes }) => scopes !== null && !writes.test(name))
    .flatMap((operation) => ["admin" as const, ...(operation.scopes as readonly Scope[])].map((scope) => ({ ...operation, scope })));
  test.each(grants)("$name is open to scope $scope", async ({ scope, ...operation }) => {
    const answer = await request(operation, { key: keys.get(scope) as string });
    expect([200, 404], answer.text).toContain(answer.status);
  });
});

test.each(withParams)("$name answers 404 for an id that nobody has, and for one that is no id", async (operation) => {
  expectProblem(await request(operation), "not_found");
  const [[name, value] = ["", ""]] = Object.entries(operation.params ?? {});
  for (const odd of ["nonsense", `${value}0`, "%00", "%ED%A0%80", "..%2f..%2fetc", "%F0%9F%A6%80", "'; drop table jobs --", "%25"]) {
    const path = operation.template.replace(`{${name}}`, odd);
    expectProblem(await request({ ...operation, path }), "not_found");
  }
});

test.each([...new Set(operations.map(({ template }) => template))])(
  "%s answers 405 for other methods and says which it has",
  async (template) => {
    const here = operations.filter((operation) => operation.template === template);
    const allowed = here.map(({ method }) => method).sort();
    const path = here[0]?.path as string;
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((one) => !allowed.includes(one))) {
      // GET /api/v1/jobs/batch reads the job of that name, and so on: another operation's path.
      const isOther = operations.some((other) => other.method === method && other !== here[0] && patternOf(other.template).test(path));
      if (isOther) continue;
      const answer = await api().ask(method, path);
      expectProblem(answer, "method_not_allowed");
      for (const one of allowed) expect(answer.headers.get("allow")?.split(", ")).toContain(one);
    }
  },
);

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}

describe.each(withJson)("the body of $name", (operation) => {
  const json = JSON.stringify(operation.json);
  const type = { "content-type": "application/json" };

  test("must be JSON: else 400", async () => {
    const broken = ["", "{", '{"a":1,}', "nonsense", "[1,2", '{"a":NaN}', '{"a":"\u0001"}', `${json}x`, "\uFEFF\uFEFF{}"];
    for (const body of broken) expectProblem(await request(operation, { body, headers: type }), "malformed_json");
    const notUtf8 = Buffer.concat([Buffer.from(`${json.slice(0, -1)},"x":"`), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from('"}')]);
    expectProblem(await request(operation, { body: notUtf8, headers: type }), "malformed_json");
  });

  test("must say that it is JSON: else 415", async () => {
    for (const contentType of ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/jsonx", "json"]) {
      expectProblem(await request(operation, { body: json, headers: { "content-type": contentType } }), "unsupported_media_type");
    }
    expectProblem(await request(operation, { body: Buffer.from(json) }), "unsupported_media_type");
    expectProblem(await request(operation, { body: json, headers: { ...type, "content-encoding": "gzip" } }), "unsupported_media_type");
  });

  test("must be an object with known fields only: else 422 that names them", async () => {
    const problem = expectProblem(await request(operation, { json: { ...operation.json, prioritty: 1, "odd key": 2 } }), "invalid");
    expect(problem.errors?.map(({ path }) => path)).toEqual(expect.arrayContaining(["prioritty", "odd key"]));
    for (const body of ["null", "[]", "1", '"text"', "true"]) {
      expectProblem(await request(operation, { body, headers: type }), "invalid");
    }
  });

  test("holds at most 8 MiB: else 413, whether its length is declared or comes in chunks", async () => {
    const body = Buffer.alloc(MAX_BODY + 1, " ");
    expectProblem(await request(operation, { body, headers: type }), "too_large");
    const half = new Uint8Array(MAX_BODY / 2).fill(32);
    expectProblem(await request(operation, { body: inChunks(half, half, new Uint8Array([32])), headers: type }), "too_large");
  });
});
