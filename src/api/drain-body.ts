// Reads what is left of a body and throws it away, so that a client that is still sending gets our answer. A connection
// that is closed on it instead shows the client a reset, and the problem that says why is lost.

/** More than our largest JSON body; who sends yet more is cut off. */
const MAX_DRAINED_BYTES = 32 * 1024 * 1024;

export async function drainBody(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    for (let length = 0; length <= MAX_DRAINED_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) return;
      length += value.byteLength;
    }
    await reader.cancel();
  } catch {
    // The client has gone: there is nobody left to answer.
  }
}
