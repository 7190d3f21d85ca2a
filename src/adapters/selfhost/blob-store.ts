// Uploaded bytes in a directory, through workerd's disk service. It writes to a hidden temporary file and moves that into
// place once the body has ended, so a broken-off put leaves nothing readable; memory stays flat whatever the size.
import type { BlobStore } from "../../ports/blob-store.ts";
import { diskRequest, type FetcherLike } from "./disk-service.ts";

// Segments never start with a dot, so a key cannot leave the directory or name a temporary file.
const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const PROBE_KEY = "health/probe";

export function createDiskBlobStore(disk: FetcherLike): BlobStore {
  return {
    async put(key, body, contentLength) {
      // With the length known, a body that ends early is an error instead of a short file.
      const exact = contentLength === undefined ? body : body.pipeThrough(exactLength(contentLength));
      await expectSuccess(await disk.fetch(diskRequest(checked(key), { method: "PUT", body: exact })), "store");
    },

    async get(key, range) {
      if (range?.length === 0) return new Blob([]).stream();
      const headers = range ? { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` } : {};
      const response = await disk.fetch(diskRequest(checked(key), { headers }));
      if (response.status === 404) {
        await response.body?.cancel();
        return null;
      }
      await expectSuccess(response, "read");
      if (range && response.status !== 206) throw new Error(`The disk service answered a range with ${response.status}`);
      return response.body ?? new Blob([]).stream();
    },

    async delete(key) {
      const response = await disk.fetch(diskRequest(checked(key), { method: "DELETE" }));
      if (response.status !== 404) await expectSuccess(response, "delete");
      else await response.body?.cancel();
    },

    async check() {
      await expectSuccess(await disk.fetch(diskRequest(PROBE_KEY, { method: "PUT", body: "ok" })), "write to");
    },
  };
}

function checked(key: string): string {
  if (!KEY.test(key)) throw new Error(`'${key}' is not a blob key`);
  return key;
}

async function expectSuccess(response: Response, verb: string): Promise<void> {
  if (response.ok) return;
  throw new Error(`The blob directory did not let us ${verb} a file: ${response.status} ${(await response.text()).slice(0, 200)}`);
}

/** Passes bytes through; errors unless there are exactly so many. */
function exactLength(expected: number): TransformStream<Uint8Array, Uint8Array> {
  let seen = 0;
  return new TransformStream({
    transform(chunk, controller) {
      seen += chunk.byteLength;
      if (seen > expected) throw new Error(`The body is longer than its ${expected} bytes`);
      controller.enqueue(chunk);
    },
    flush() {
      if (seen < expected) throw new Error(`The body ended after ${seen} of ${expected} bytes`);
    },
  });
}
