// The headers of one part: what RFC 7578 §4 wants to be there, and a sentence for what is not.
import { ProblemError } from "../../core/problem-error.ts";
import { decodeExtended, parseHeaderValue, unescapeName } from "./header-parameters.ts";

export type PartHeaders = {
  name: string;
  /** As the client names it: null for a plain field, "" for a file input left empty. Show it; never use it as a path. */
  filename: string | null;
  contentType: string;
};

const IDENTITY_ENCODING = /^(?:7bit|8bit|binary)$/i;

/** Parses the lines after a delimiter, up to the blank line. */
export function parsePartHeaders(block: Uint8Array): PartHeaders {
  const headers = parseLines(new TextDecoder().decode(block));
  const disposition = parseHeaderValue(headers.get("content-disposition") ?? "");
  const name = disposition.parameters.get("name");
  if (disposition.value !== "form-data" || name === undefined) {
    throw bad('has a part without "Content-Disposition: form-data; name=…"');
  }
  const encoding = headers.get("content-transfer-encoding");
  if (encoding !== undefined && !IDENTITY_ENCODING.test(encoding)) {
    throw bad(`has a part in Content-Transfer-Encoding ${encoding}; send its bytes as they are (RFC 7578 §4.7)`);
  }
  const plain = disposition.parameters.get("filename");
  return {
    name: unescapeName(name),
    filename: decodeExtended(disposition.parameters.get("filename*") ?? "") ?? (plain === undefined ? null : unescapeName(plain)),
    contentType: headers.get("content-type") || "text/plain",
  };
}

function parseLines(block: string): Map<string, string> {
  const headers = new Map<string, string>();
  // The first line is the rest of the delimiter's own, which may hold padding only. A folded line goes on after white space.
  const [padding = "", ...lines] = block.replaceAll(/\r\n(?=[ \t]+\S)/g, "").split("\r\n");
  if (padding.trim() !== "") throw bad("has other text after its boundary on the same line");
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) throw bad("has a part with a header line that is not 'Name: value'");
    const name = line.slice(0, colon).trim().toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

/** What is wrong, said of the body. */
export function bad(wrong: string): ProblemError {
  return new ProblemError("bad_request", `The multipart body ${wrong}.`);
}
