// Lets a stream through while it counts and hashes it, and breaks it off where it grows too large.
import type { CreateHasher } from "../../../ports/hasher.ts";
import { drainBody } from "../../drain-body.ts";

export type Passed = { sizeBytes: number; sha256: string };

/**
 * `result` resolves when the stream has passed whole, and rejects with the reason where it did not; `failure` is that
 * reason, once there is one, for whoever only sees that the stream broke.
 */
export function hashing(
  body: ReadableStream<Uint8Array>,
  options: { createHasher: CreateHasher; maxBytes: number; tooLarge: () => Error },
): { stream: ReadableStream<Uint8Array>; result: Promise<Passed>; failure: () => unknown } {
  const { promise, resolve, reject } = Promise.withResolvers<Passed>();
  promise.catch(() => {}); // whoever asks for the result hears of it
  const hasher = options.createHasher();
  const reader = body.getReader();
  let sizeBytes = 0;
  let failed: unknown;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            resolve({ sizeBytes, sha256: await hasher.digest() });
            controller.close();
            return;
          }
          sizeBytes += value.byteLength;
          if (sizeBytes > options.maxBytes) throw options.tooLarge();
          await hasher.write(value);
          controller.enqueue(value);
        } catch (error) {
          failed = error;
          reject(error);
          // Before anybody hears of it: a client that is still sending would not hear our answer.
          await drainBody(reader);
          controller.error(error);
        }
      },
      async cancel(reason) {
        failed ??= reason;
        reject(reason instanceof Error ? reason : new Error("the upload was broken off"));
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, result: promise, failure: () => failed };
}
