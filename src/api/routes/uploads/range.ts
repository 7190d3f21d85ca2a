// Reads a Range header (RFC 9110 §14.2) for content of a known size.
import type { ByteRange } from "../../../ports/blob-store.ts";

/** The range; null where the header is absent, not ours to understand or asks for several ranges: then all is sent. */
export function parseRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  const [first, last] = [match[1], match[2]].map((digits) => (digits ? Number(digits) : null));
  if (first == null) {
    const length = Math.min(last ?? 0, size);
    return length === 0 ? "unsatisfiable" : { offset: size - length, length };
  }
  if (last != null && last < first) return null;
  if (first >= size) return "unsatisfiable";
  return { offset: first, length: Math.min(last ?? size - 1, size - 1) - first + 1 };
}
