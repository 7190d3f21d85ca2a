// Multipart bodies for the tests: made line by line, cut into chunks, streamed as they are asked for.

export const FORM = "multipart/form-data; boundary=B";
export const MIB = 1024 * 1024;

export const utf8 = new TextEncoder();

/** A stream that gives these chunks as they are asked for. */
export function streamOf(chunks: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.iterator]();
  return new ReadableStream(
    {
      pull(controller) {
        const { done, value } = iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Cuts `bytes` after each of the given lengths in turn, over and over. */
export function* cut(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let from = 0, turn = 0; from < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? bytes.length;
    yield bytes.slice(from, from + length);
    from += length;
  }
}

export const lines = (...text: string[]) => utf8.encode(text.join("\r\n"));
export const part = (headers: string, content = "x") => lines("--B", headers, "", content, "--B--", "");
export const field = (name: string, content: string) => lines("--B", `Content-Disposition: form-data; name="${name}"`, "", content, "");

/** The chunks of a stream, one at a time. */
export async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}
