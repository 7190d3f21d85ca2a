// A large multipart part: flat memory at the consumer's pace, and the parser's speed, which is printed and not judged.
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { readMultipart } from "../../src/api/multipart/read-multipart.ts";
import { chunksOf, lines, MIB, streamOf, utf8 } from "./multipart-bodies.ts";

const BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW";
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

describe("a large part", () => {
  const CHUNK = 64 * 1024;
  const head = lines(`--${BOUNDARY}`, 'Content-Disposition: form-data; name="f"; filename="f"', "", "");

  function* large(content: Iterable<Uint8Array>): Generator<Uint8Array> {
    yield head;
    yield* content;
    yield lines("", `--${BOUNDARY}--`, "");
  }

  test("of 200 MB passes in flat memory, at the consumer's pace", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const settle = async () => {
      collect();
      await nextTurn(); // V8 frees the buffers of one collection in the background, and counts them off in the next
      collect();
    };
    let produced = 0;
    function* content() {
      for (; produced < 200 * MIB; produced += CHUNK) yield new Uint8Array(CHUNK).fill(13);
    }
    let consumed = 0;
    let ahead = 0;
    let peak = 0;
    await settle();
    const before = process.memoryUsage().arrayBuffers;
    for await (const { body } of readMultipart(streamOf(large(content())), TYPE)) {
      for await (const chunk of chunksOf(body)) {
        consumed += chunk.length;
        ahead = Math.max(ahead, produced + CHUNK - consumed);
        if (consumed % (10 * MIB) < CHUNK) {
          await settle();
          peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
        }
      }
    }
    expect(consumed).toBe(200 * MIB);
    expect(ahead).toBeLessThanOrEqual(2 * CHUNK);
    expect(peak).toBeLessThan(8 * MIB);
  });

  test("is read at a speed worth printing", async () => {
    const random = new Uint8Array(CHUNK);
    crypto.getRandomValues(random);
    const prose = utf8.encode("The wheel turns as long as the water runs.\r\n".repeat(2000)).slice(0, CHUNK);
    for (const [kind, chunk] of Object.entries({
      random,
      prose,
      "only CR": new Uint8Array(CHUNK).fill(13),
      "only dashes": new Uint8Array(CHUNK).fill(45),
    })) {
      const start = performance.now();
      let consumed = 0;
      const repeated = (function* () {
        for (let sent = 0; sent < 256 * MIB; sent += CHUNK) yield chunk;
      })();
      for await (const { body } of readMultipart(streamOf(large(repeated)), TYPE))
        for await (const piece of chunksOf(body)) consumed += piece.length;
      const seconds = (performance.now() - start) / 1000;
      console.info(`multipart: ${kind}: ${Math.round(consumed / MIB / seconds)} MiB/s`);
    }
  });
});
