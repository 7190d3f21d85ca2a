// Parses `value; name=token; name="quoted"` as in Content-Type and Content-Disposition.

export type HeaderValue = { value: string; parameters: Map<string, string> };

// A quote closes only before ';' or the end. So a raw backslash before it, as browsers send one, stays a backslash, and
// the \" of clients that escape (Go, older curl) is still understood.
const PARAMETER = /;\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"]|"(?!\s*(?:;|$)))*)"|([^;]*))/g;

// Real headers have two or three. Each is matched in linear time, but a thousand unclosed quotes would cost a thousand passes.
const MAX_PARAMETERS = 16;

/** The first of repeated parameters counts; names are in lower case. */
export function parseHeaderValue(header: string): HeaderValue {
  const semicolon = header.indexOf(";");
  const value = semicolon === -1 ? header : header.slice(0, semicolon);
  const parameters = new Map<string, string>();
  let count = 0;
  for (const [, name = "", quoted, token = ""] of header.matchAll(PARAMETER)) {
    if (++count > MAX_PARAMETERS) break;
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted === undefined ? token.trim() : quoted.replaceAll('\\"', '"'));
  }
  return { value: value.trim().toLowerCase(), parameters };
}

/** Undoes the three escapes of browsers in names: https://html.spec.whatwg.org/#multipart-form-data. */
export function unescapeName(name: string): string {
  return name.replaceAll(/%(22|0D|0A)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** An extended value such as UTF-8''na%C3%AFve.txt (RFC 8187 §3.2), or null if it is not one. */
export function decodeExtended(value: string): string | null {
  const [, charset = "", escaped] = /^([\w-]+)'[\w-]*'(.*)$/.exec(value) ?? [];
  if (escaped === undefined || /%(?![\da-f]{2})/i.test(escaped)) return null;
  const bytes = escaped.replaceAll(/%(..)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  if (/^iso-8859-1$/i.test(charset)) return bytes;
  if (!/^utf-?8$/i.test(charset)) return null;
  try {
    return decodeURIComponent(escaped);
  } catch {
    return null;
  }
}
