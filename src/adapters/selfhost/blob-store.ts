// Uploaded bytes in a directory, through workerd's disk service. It writes to a hidden temporary file and moves that into
// place once the body has ended; memory stays flat whatever the size. But it takes a body that fails in the middle for one
// that has ended, and answers 204: so we watch the body ourselves, and delete what was stored of a broken one.
import type { BlobStore } from "../../ports/blob-store.ts";
import { diskRequest, type FetcherLike } from "./disk-service.ts";

// Segments never start with a dot, so a key cannot leave the directory or name a temporary file.
const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const PROBE_KEY = "health/probe";

export function createDiskBlobStore(disk: FetcherLike): BlobStore {
  return {
    async put(key, body, contentLength) {
      const watched = watch(body, contentLength);
      const stored = disk.fetch(diskRequest(checked(key), { method: "PUT", body: watched.body }));
      const response = await stored.catch((error: unknown) => {
        throw watched.failure() ?? error;
      });
      const failure = watched.failure();
      if (failure !== null) {
        await this.delete(key);
        throw failure;
      }
      await expectSuccess(response, "store");
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

/** The same bytes, and why they are not the whole body: it failed, or it is not as long as it was said to be. */
function watch(body: ReadableStream<Uint8Array>, expected: number | undefined) {
  const reader = body.getReader();
  let seen = 0;
  let failure: unknown = new Error("The body was not read to its end");
  const watched = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) seen += value.byteLength;
          if (expected !== undefined && (seen > expected || (done && seen < expected))) {
            throw new Error(`The body has ${done ? `only ${seen}` : "more"} bytes; ${expected} were announced`);
          }
          if (!done) return controller.enqueue(value);
          failure = null;
          controller.close();
        } catch (error) {
          failure = error;
          controller.error(error);
          await reader.cancel(error).catch(() => {});
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { body: watched, failure: () => failure };
}
