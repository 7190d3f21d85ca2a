// What the contract refuses before it reaches the database: text and times that Postgres or RFC 3339 cannot hold.
import { describe, expect, test } from "vitest";
import { JobInput } from "../../src/contract/job.ts";
import { SettleItem } from "../../src/contract/lease.ts";

const UNSTORABLE = { NUL: "a\u0000b", "a lone high surrogate": "a\ud800b", "a lone low surrogate": "a\udc00b" };
const LEASE = { leaseToken: "lease_x", outcome: "failed" };

describe("the contract refuses", () => {
  test.each(Object.entries(UNSTORABLE))("%s wherever text is stored", (_, text) => {
    const job = { kind: "command" };
    const places: [string, boolean][] = [
      ["payload", JobInput.safeParse({ ...job, payload: text }).success],
      ["deep in a payload", JobInput.safeParse({ ...job, payload: [{ deep: { text } }] }).success],
      ["a payload's field name", JobInput.safeParse({ ...job, payload: { [text]: 1 } }).success],
      ["unique key", JobInput.safeParse({ ...job, uniqueKey: text }).success],
      ["tag", JobInput.safeParse({ ...job, tags: [text] }).success],
      ["label", JobInput.safeParse({ ...job, requires: { labels: { zone: text } } }).success],
      ["result", SettleItem.safeParse({ ...LEASE, result: text }).success],
      ["error", SettleItem.safeParse({ ...LEASE, error: { code: "x", message: text } }).success],
    ];
    expect(places.filter(([, accepted]) => accepted)).toEqual([]);
  });

  test("text that only looks like an escape of those is fine", () => {
    for (const payload of ["\\u0000", "\\ud800", "😀", "\uffff"])
      expect(JobInput.safeParse({ kind: "command", payload }).success, payload).toBe(true);
  });

  test("numbers that a double cannot hold, which would be stored as null without a word", () => {
    for (const payload of ["1e400", "[-1e400]", '{"deep": [{"n": 1e999}]}'])
      expect(JobInput.safeParse({ kind: "command", payload: JSON.parse(payload) }).success, payload).toBe(false);
    expect(JobInput.safeParse({ kind: "command", payload: JSON.parse("[1e308, -0.5, 1e-400]") }).success).toBe(true);
  });

  test("times before 1970 and beyond the year 9999, in UTC", () => {
    const accepts = (runAt: string) => JobInput.safeParse({ kind: "command", runAt }).success;
    expect(accepts("2026-01-31T08:30:00+02:00")).toBe(true);
    expect(accepts("9999-12-31T23:59:59Z")).toBe(true);
    expect(accepts("9999-12-31T23:59:59-14:00")).toBe(false);
    expect(accepts("1969-12-31T23:59:59Z")).toBe(false);
    expect(accepts("2026-02-30T00:00:00Z")).toBe(false);
    expect(accepts("tomorrow")).toBe(false);
  });
});
