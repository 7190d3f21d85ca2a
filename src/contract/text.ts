// Strings and JSON as Millrace accepts them: bounded, and free of what Postgres cannot store.
import { z } from "zod";

/** Lower-case name of a queue, kind, schedule …: 1–63 characters. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,62}$/;

export const Name = z
  .string()
  .regex(NAME_PATTERN, "expected 1–63 characters of a–z, 0–9, '.', '_' or '-', starting with a letter or digit")
  .meta({ example: "default" });

/** Postgres text and jsonb hold neither U+0000 nor lone surrogates: such a string is refused, not mangled. */
export function isStorableText(value: string): boolean {
  return !value.includes("\u0000") && value.isWellFormed();
}

/** Any text of up to `max` UTF-16 code units that Postgres can store. */
export function text(max: number, min = 0) {
  return z.string().min(min).max(max).refine(isStorableText, "must not contain U+0000 or unpaired surrogates");
}

export const MAX_JSON_VALUE_BYTES = 256 * 1024;

const utf8 = new TextEncoder();
// JSON.stringify escapes exactly the characters that jsonb cannot hold, so two patterns find them.
const UNSTORABLE_ESCAPE = /\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

const MAX_JSON_DEPTH = 200; // far beyond real data, far below the stack of any parser on the way

/** The reason why Postgres or our limits refuse this JSON value, or null if it is fine. */
export function jsonValueProblem(value: unknown): string | null {
  const shape = shapeProblem(value, MAX_JSON_DEPTH);
  if (shape) return shape;
  const json = JSON.stringify(value);
  if (json === undefined) return "must be a JSON value";
  // A code unit is at most 3 bytes in UTF-8, so most values need no second look.
  if (json.length * 3 > MAX_JSON_VALUE_BYTES && utf8.encode(json).byteLength > MAX_JSON_VALUE_BYTES) {
    return `must be at most ${MAX_JSON_VALUE_BYTES} bytes as JSON; upload it and pass the upload's id instead`;
  }
  if (UNSTORABLE_ESCAPE.test(json) && hasUnstorableText(value)) {
    return "must not contain U+0000 or unpaired surrogates in any string";
  }
  return null;
}

/** What is wrong with the value's shape, found without recursing deeper than the limit. */
function shapeProblem(value: unknown, levels: number): string | null {
  // JSON.parse reads 1e400 as Infinity, which would be stored as null without a word.
  if (typeof value === "number" && !Number.isFinite(value)) return "must not contain numbers beyond the range of a double";
  if (value === null || typeof value !== "object") return null;
  if (levels === 0) return `must not be nested deeper than ${MAX_JSON_DEPTH} levels`;
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    const problem = shapeProblem(item, levels - 1);
    if (problem) return problem;
  }
  return null;
}

function hasUnstorableText(value: unknown): boolean {
  if (typeof value === "string") return !isStorableText(value);
  if (Array.isArray(value)) return value.some(hasUnstorableText);
  if (value !== null && typeof value === "object") {
    return Object.entries(value).some(([key, item]) => !isStorableText(key) || hasUnstorableText(item));
  }
  return false;
}

/** One JSON value (payload, result): at most 256 KiB, storable as jsonb. */
export const JsonValue = z
  .unknown()
  .superRefine((value, context) => {
    const problem = jsonValueProblem(value);
    if (problem) context.addIssue({ code: "custom", message: problem });
  })
  .meta({ description: "Any JSON value of at most 256 KiB." });
