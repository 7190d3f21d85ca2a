// SHA-256 by workerd's native DigestStream.
import type { CreateHasher } from "../../ports/hasher.ts";

/** What workerd adds to the Web's crypto. */
type DigestStreamLike = WritableStream<Uint8Array> & { digest: Promise<ArrayBuffer> };

export const createHasher: CreateHasher = () => {
  const { DigestStream } = crypto as unknown as { DigestStream: new (algorithm: string) => DigestStreamLike };
  const stream = new DigestStream("SHA-256");
  const writer = stream.getWriter();
  return {
    write: (chunk) => writer.write(chunk),
    async digest() {
      await writer.close();
      return Array.from(new Uint8Array(await stream.digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    },
  };
};
