// Uploaded bytes in Cloudflare R2. R2 takes a body of known length as a stream; one of unknown length goes up in parts.
import type { BlobStore } from "../../ports/blob-store.ts";

type Part = { partNumber: number; etag: string };
type Upload = {
  uploadPart(partNumber: number, value: Uint8Array): Promise<Part>;
  complete(parts: Part[]): Promise<unknown>;
  abort(): Promise<void>;
};

/** What we use of an R2 bucket. */
export type BucketLike = {
  put(key: string, value: ReadableStream | Uint8Array): Promise<unknown>;
  get(key: string, options?: { range: { offset: number; length: number } }): Promise<{ body: ReadableStream } | null>;
  head(key: string): Promise<unknown>;
  delete(key: string): Promise<void>;
  createMultipartUpload(key: string): Promise<Upload>;
};

const PART_BYTES = 8 * 1024 * 1024; // R2 takes at most 10,000 parts, all but the last of one size of at least 5 MiB

export function createR2BlobStore(bucket: BucketLike): BlobStore {
  return {
    async put(key, body, contentLength) {
      if (contentLength === undefined) return putParts(bucket, key, body);
      // Fails the put where the body is shorter or longer than announced.
      const sized = new FixedLengthStream(contentLength);
      const [stored, sent] = await Promise.allSettled([bucket.put(key, sized.readable), body.pipeTo(sized.writable)]);
      if (sent.status === "rejected") throw sent.reason;
      if (stored.status === "rejected") throw stored.reason;
    },

    async get(key, range) {
      if (range?.length === 0) return (await bucket.head(key)) === null ? null : new Blob([]).stream();
      const object = await bucket.get(key, range && { range });
      return object?.body ?? null;
    },

    delete: (key) => bucket.delete(key),

    async check() {
      await bucket.head("health/probe");
    },
  };
}

async function putParts(bucket: BucketLike, key: string, body: ReadableStream<Uint8Array>): Promise<void> {
  const parts = inParts(body);
  const first = await parts.next();
  const second = await parts.next();
  if (second.done) {
    await bucket.put(key, first.value ?? new Uint8Array());
    return;
  }
  const upload = await bucket.createMultipartUpload(key);
  try {
    const stored = [await upload.uploadPart(1, first.value as Uint8Array), await upload.uploadPart(2, second.value)];
    for await (const part of parts) stored.push(await upload.uploadPart(stored.length + 1, part));
    await upload.complete(stored);
  } catch (error) {
    await upload.abort().catch(() => {});
    throw error;
  }
}

/** The body in pieces of one size, the last one smaller; two at most are in memory. */
async function* inParts(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let part = new Uint8Array(PART_BYTES);
  let length = 0;
  for await (let chunk of body) {
    while (chunk.byteLength > 0) {
      const fits = chunk.subarray(0, PART_BYTES - length);
      part.set(fits, length);
      length += fits.byteLength;
      chunk = chunk.subarray(fits.byteLength);
      if (length === PART_BYTES) {
        yield part;
        part = new Uint8Array(PART_BYTES);
        length = 0;
      }
    }
  }
  if (length > 0) yield part.subarray(0, length);
}
