// Keyset cursors: opaque to callers, "v1:" and the last item's key in base64url to us.
import { ProblemError } from "./problem-error.ts";

export function toCursor(key: string): string {
  return btoa(`v1:${key}`).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The key in a cursor; throws `invalid_cursor` unless `isKey` accepts it. */
export function fromCursor(cursor: string | undefined, isKey: (key: string) => boolean): string | undefined {
  if (cursor === undefined) return undefined;
  let key = "";
  try {
    key = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    // falls through to the one error below
  }
  if (!key.startsWith("v1:") || !isKey(key.slice(3))) {
    throw new ProblemError("invalid_cursor", "Pass `nextCursor` of the page before, unchanged, or leave `cursor` out for the first page.");
  }
  return key.slice(3);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}
