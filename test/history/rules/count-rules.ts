// The maintained counts equal the rows, and no call fails in a way that the contract does not know.
import { PROBLEMS } from "../../../src/contract/problem.ts";
import type { Violation } from "../history.ts";
import type { Reading } from "../read-history.ts";

export function checkCounts({ final, calls }: Reading): Violation[] {
  if (!final) return [{ rule: "the history has an end", detail: "there is no final state" }];
  const { counted, maintained } = final;
  const violations: Violation[] = [];
  for (const key of new Set([...Object.keys(counted), ...Object.keys(maintained)])) {
    const [rows, count] = [counted[key] ?? 0, maintained[key] ?? 0];
    if (rows !== count) violations.push({ rule: "the counts equal the rows", detail: `${key}: ${rows} rows, count ${count}` });
  }
  for (const { call, op, refused } of calls) {
    if (refused !== undefined && (!(refused in PROBLEMS) || refused === "internal")) {
      violations.push({ rule: "a call is answered or refused by the contract", detail: `${op} ${call}: ${refused}` });
    }
  }
  return violations;
}
