// GET /api/v1/uploads/{id}/content: the bytes, with ranges and validators, never sniffed and never run by a browser.
import { notFound, ProblemError } from "../../../core/problem-error.ts";
import { operation } from "../../operation.ts";
import { parseRange } from "./range.ts";
import { UploadParams } from "./uploads.ts";

export const getUploadContent = operation({
  method: "get",
  path: "/api/v1/uploads/{id}/content",
  tag: "Uploads",
  scopes: ["read", "submit", "runner"],
  summary: "Download an upload",
  params: UploadParams,
  headers: { range: "One byte range (RFC 9110 §14).", "if-none-match": "Answers 304 where the content is unchanged." },
  problems: ["not_found", "range_not_satisfiable"],
  responses: {
    200: { description: "The bytes.", type: "application/octet-stream" },
    206: { description: "The range asked for.", type: "application/octet-stream" },
    304: { description: "Unchanged." },
  },
  async handle({ c, services, identity }, { params }) {
    const { upload, blobKey } = await services.engine.getUpload(identity, params);
    const etag = `"${upload.sha256}"`;
    const headers: Record<string, string> = {
      "content-type": upload.contentType,
      "content-disposition": `attachment; filename*=UTF-8''${encodeRfc8187(upload.name)}`,
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
      "accept-ranges": "bytes",
      "cache-control": "private, max-age=31536000, immutable",
      etag,
    };
    const known = c.req.header("if-none-match");
    if (known === "*" || known?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag)) return c.body(null, 304, headers);
    const ifRange = c.req.header("if-range");
    const range = ifRange === undefined || ifRange === etag ? parseRange(c.req.header("range"), upload.sizeBytes) : null;
    if (range === "unsatisfiable") {
      c.header("content-range", `bytes */${upload.sizeBytes}`);
      throw new ProblemError("range_not_satisfiable", `The content has ${upload.sizeBytes} bytes.`);
    }
    // A store may answer a range that is the whole without calling it one.
    const isWhole = range === null || range.length === upload.sizeBytes;
    const body = await services.blobs.get(blobKey, isWhole ? undefined : range);
    if (!body) throw notFound("content of upload", params.id);
    headers["content-length"] = String(range ? range.length : upload.sizeBytes);
    if (range) headers["content-range"] = `bytes ${range.offset}-${range.offset + range.length - 1}/${upload.sizeBytes}`;
    return c.body(body, range ? 206 : 200, headers);
  },
});

function encodeRfc8187(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
