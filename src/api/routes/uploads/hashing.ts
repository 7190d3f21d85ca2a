// Lets a stream through while it counts and hashes it, and breaks it off where it grows too large.
import type { CreateHasher } from "../../../ports/hasher.ts";

export type Passed = { sizeBytes: number; sha256: string };

/** `result` resolves when the stream has passed whole, and rejects with the reason where it did not. */
export function hashing(
  body: ReadableStream<Uint8Array>,
  options: { createHasher: CreateHasher; maxBytes: number; tooLarge: () => Error },
): { stream: ReadableStream<Uint8Array>; result: Promise<Passed> } {
  const { promise, resolve, reject } = Promise.withResolvers<Passed>();
  promise.catch(() => {}); // whoever asks for the result hears of it
  const hasher = options.createHasher();
  const reader = body.getReader();
  let sizeBytes = 0;
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
          reject(error);
          controller.error(error);
          await reader.cancel(error).catch(() => {});
        }
      },
      async cancel(reason) {
        reject(reason instanceof Error ? reason : new Error("the upload was broken off"));
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, result: promise };
}
