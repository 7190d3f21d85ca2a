// The secrets of a Compose deployment: made once, kept, and never in the way of one's own.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeSecrets } from "../../src/entry/container/secrets.ts";

let directory = "";
let ownDirectory = "";
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-secrets-"));
  [directory, ownDirectory] = [join(folder, "secrets"), join(folder, "own")];
  mkdirSync(ownDirectory);
});
afterEach(() => rmSync(join(directory, ".."), { recursive: true, force: true }));

const make = (environment: Record<string, string> = {}) => makeSecrets({ directory, ownDirectory, environment });
const read = (path: string) => readFileSync(join(directory, path), "utf8").trim();

test("the first start makes them all and returns the admin key; the next keeps them and returns nothing", () => {
  const key = make();
  expect(key).toMatch(/^mr_[\w-]{43}$/);
  const password = read("postgres/password");
  expect(read("app/admin-key")).toBe(key);
  expect(read("app/database-url")).toBe(`postgres://millrace:${password}@postgres:5432/millrace`);
  expect(read("redis/password.conf")).toBe(`requirepass "${read("redis/password")}"`);
  expect(read("runner/token")).toBe(read("app/runner-token"));
  expect(new Set([key, password, read("redis/password"), read("runner/token"), read("observability/grafana-password")]).size).toBe(5);

  expect(make()).toBeNull();
  expect(read("app/admin-key")).toBe(key);
  expect(read("postgres/password")).toBe(password);
});

test("whatever user a service runs as may read its own, and only change by us", () => {
  make();
  expect(statSync(join(directory, "redis/password")).mode & 0o777).toBe(0o444);
});

test("a value from the environment wins over a file, a file over what was kept", () => {
  make();
  const [fromFile, fromEnvironment] = [`mr_${"f".repeat(40)}`, `mr_${"e".repeat(40)}`];
  writeFileSync(join(ownDirectory, "admin-key"), `${fromFile}\n`);
  expect(make()).toBeNull();
  expect(read("app/admin-key")).toBe(fromFile);
  expect(make({ MILLRACE_ADMIN_KEY: fromEnvironment })).toBeNull();
  expect(read("app/admin-key")).toBe(fromEnvironment);
});

test("one's own password may hold what URLs and configuration files give a meaning to", () => {
  make({ POSTGRES_PASSWORD: "a/b@c:d", REDIS_PASSWORD: 'say "hi"' });
  expect(new URL(read("app/database-url")).password).toBe(encodeURIComponent("a/b@c:d"));
  expect(read("redis/password.conf")).toBe('requirepass "say \\"hi\\""');
});

test("one's own servers take the place of ours", () => {
  make({ DATABASE_URL: "postgres://me@elsewhere/mine", REDIS_URL: "rediss://elsewhere:6380" });
  expect([read("app/database-url"), read("app/redis-url")]).toEqual(["postgres://me@elsewhere/mine", "rediss://elsewhere:6380"]);
});

test("an admin key that the API would refuse is refused here", () => {
  expect(() => make({ MILLRACE_ADMIN_KEY: "short" })).toThrow("expected mr_ followed by");
});
