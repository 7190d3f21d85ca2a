// A directory as a service that answers GET, HEAD, PUT and DELETE for its files, as workerd's disk service does: what
// stores blobs and serves pages through that one works through this one.
import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeStream } from "node:stream/web";

/** Callers give paths without `..`; the directory's own hidden files are not served. */
export function createDirectoryService(directory: string): { fetch(request: Request): Promise<Response> } {
  return {
    async fetch(request) {
      const path = join(directory, decodeURIComponent(new URL(request.url).pathname));
      switch (request.method) {
        case "PUT":
          await write(path, request.body);
          return new Response(null, { status: 204 });
        case "DELETE":
          return removeFile(path);
        default:
          return read(path, request);
      }
    },
  };
}

async function read(path: string, request: Request): Promise<Response> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return new Response("not found", { status: 404 });
  const asked = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "");
  const start = asked ? Number(asked[1]) : 0;
  const end = Math.min(asked ? Number(asked[2]) : Number.POSITIVE_INFINITY, found.size - 1);
  const headers = { "content-length": String(Math.max(end - start + 1, 0)), "last-modified": found.mtime.toUTCString() };
  const status = asked ? 206 : 200;
  if (request.method === "HEAD" || end < start) return new Response(null, { status, headers });
  return new Response(Readable.toWeb(createReadStream(path, { start, end })) as unknown as ReadableStream, { status, headers });
}

/** Under a hidden name until it is whole. */
async function write(path: string, body: ReadableStream<Uint8Array> | null): Promise<void> {
  const hidden = join(dirname(path), `.${randomUUID()}`);
  await mkdir(dirname(path), { recursive: true });
  try {
    const source = body ? Readable.fromWeb(body as unknown as NodeStream) : Readable.from([]);
    await pipeline(source, createWriteStream(hidden, { mode: 0o600, flush: true }));
    await rename(hidden, path);
  } catch (error) {
    await rm(hidden, { force: true });
    throw error;
  }
}

async function removeFile(path: string): Promise<Response> {
  const found = await stat(path).catch(() => null);
  if (!found) return new Response("not found", { status: 404 });
  await rm(path, { force: true });
  return new Response(null, { status: 204 });
}
