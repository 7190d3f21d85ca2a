// Files in and out: bodies are streamed both ways, never held in memory.
import type { UploadId } from "../contract/ids.ts";
import type { Upload } from "../contract/upload.ts";
import type { CallOptions, RequestBody, Transport } from "./transport.ts";

export interface UploadOptions extends CallOptions {
  name: string;
  contentType?: string | undefined;
}

export interface ContentOptions extends CallOptions {
  /** First byte wanted, to go on where a download broke off. */
  fromByte?: number | undefined;
}

export function uploads(transport: Transport) {
  const path = (id: UploadId, rest = "") => `/api/v1/uploads/${encodeURIComponent(id)}${rest}`;
  return {
    /** Sends a raw body. The name travels percent-encoded, for headers carry Latin-1 only. */
    create: (body: RequestBody, { name, contentType = "application/octet-stream", signal }: UploadOptions) =>
      transport.call<Upload>("POST", "/api/v1/uploads", {
        body,
        signal,
        headers: { "content-type": contentType, "x-filename": encodeURIComponent(name) },
      }),
    get: (id: UploadId, options: CallOptions = {}) => transport.call<Upload>("GET", path(id), options),
    /** The response itself: read its `body` as a stream. */
    content: (id: UploadId, { fromByte, signal }: ContentOptions = {}) =>
      transport.send("GET", path(id, "/content"), {
        signal,
        headers: { accept: "*/*", ...(fromByte ? { range: `bytes=${fromByte}-` } : {}) },
      }),
    delete: (id: UploadId, options: CallOptions = {}) => transport.call<void>("DELETE", path(id), options),
  };
}
