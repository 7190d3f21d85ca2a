// The streaming multipart reader: what browsers and Node encode, whatever the chunks; hostile bodies; careless consumers.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MultipartLimits, readMultipart } from "../../src/api/multipart/read-multipart.ts";
import { ProblemError } from "../../src/core/problem-error.ts";
import { chunksOf, cut, FORM, field, lines, part, streamOf, utf8 } from "./multipart-bodies.ts";

type Read = { name: string; filename: string | null; contentType: string; bytes: Uint8Array };

async function readAll(chunks: Iterable<Uint8Array>, contentType = FORM, limits: MultipartLimits = {}): Promise<Read[]> {
  const parts: Read[] = [];
  for await (const { name, filename, contentType: type, body } of readMultipart(streamOf(chunks), contentType, limits)) {
    parts.push({ name, filename, contentType: type, bytes: new Uint8Array(await new Response(body).arrayBuffer()) });
  }
  return parts;
}

const first = async (bytes: Uint8Array, contentType = FORM) => (await readAll([bytes], contentType))[0];

async function problemOf(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProblemError);
  return `${(error as ProblemError).code}: ${(error as ProblemError).message}`;
}

// Lone CR and LF become CRLF in what is encoded, and a literal %22 cannot be told from an escaped quote: both are the format's.
const Text = fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.toWellFormed().replaceAll(/\r\n?|\n/g, "\r\n"));
const Named = Text.filter((text) => !/%(?:22|0d|0a)/i.test(text));
// Pieces of delimiters make near misses likely.
const Bytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 50 }),
      fc.constantFrom("\r", "\n", "\r\n", "\r\n-", "\r\n--", "\r\n------form").map((text) => utf8.encode(text)),
    ),
  )
  .map((pieces) => Uint8Array.from(pieces.flatMap((piece) => [...piece])));
const Entry = fc.oneof(
  fc.record({ name: Named, value: Text }),
  fc.record({ name: Named, filename: Named, bytes: Bytes, type: fc.constantFrom("text/plain", "image/png", "application/octet-stream") }),
);
const ChunkLengths = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 });

describe("what a client encodes", () => {
  test("is read back exactly, however the body is cut into chunks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Entry, { maxLength: 8 }), ChunkLengths, async (entries, lengths) => {
        const form = new FormData();
        for (const entry of entries) {
          if ("value" in entry) form.append(entry.name, entry.value);
          else form.append(entry.name, new File([entry.bytes as Uint8Array<ArrayBuffer>], entry.filename, { type: entry.type }));
        }
        const encoded = new Response(form);
        const contentType = encoded.headers.get("content-type") ?? "";
        const parts = await readAll(cut(new Uint8Array(await encoded.arrayBuffer()), lengths), contentType);
        expect(parts).toEqual(
          entries.map((entry) =>
            "value" in entry
              ? { name: entry.name, filename: null, contentType: "text/plain", bytes: utf8.encode(entry.value) }
              : // Node, unlike browsers, leaves an empty filename out.
                { name: entry.name, filename: entry.filename || null, contentType: entry.type, bytes: entry.bytes },
          ),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("may be cut between any two bytes", async () => {
    const bytes = Uint8Array.from([...field("a", "one\r\n--not\r\n\r"), ...field("b", ""), ...lines("--B--", "")]);
    for (let at = 1; at < bytes.length; at++) {
      const parts = await readAll([bytes.slice(0, at), bytes.slice(at)]);
      expect(parts.map(({ name, bytes: content }) => [name, new TextDecoder().decode(content)])).toEqual([
        ["a", "one\r\n--not\r\n\r"],
        ["b", ""],
      ]);
    }
  });

  test("may have text around the parts, padding after a boundary, and no part at all", async () => {
    const wrapped = lines("preamble", "--B \t", 'content-disposition: form-data; name="a"', "", "1", "--B--  ", "epilogue");
    expect(await readAll([wrapped])).toMatchObject([{ name: "a", bytes: utf8.encode("1") }]);
    expect(await readAll([lines("--B--")])).toEqual([]);
  });

  test.each([
    ['multipart/form-data; boundary="a b:c"', "a b:c"],
    ["Multipart/Form-Data;charset=utf-8; BOUNDARY=a'b+c", "a'b+c"],
    [`multipart/form-data; boundary=${"-".repeat(70)}`, "-".repeat(70)],
  ])("is separated by the boundary of %s", async (contentType, boundary) => {
    const bytes = lines(`--${boundary}`, "Content-Disposition: form-data; name=a", "", "--a b", `--${boundary}--`);
    expect(await first(bytes, contentType)).toMatchObject({ name: "a", bytes: utf8.encode("--a b") });
  });
});

describe("a part's headers", () => {
  test.each([
    ["null without a filename", 'name="f"', null],
    ["blank for a file input left empty", 'name="f"; filename=""', ""],
    ["unescaped as browsers escape it", 'name="f"; filename="a%22b%0D%0Ac%20d.txt"', 'a"b\r\nc%20d.txt'],
    ["unescaped as Go and older curl escape it", 'name="f"; filename="a\\"b.txt"', 'a"b.txt'],
    ["kept with its backslashes", 'name="f"; filename="C:\\dir\\"', "C:\\dir\\"],
    ["kept with its semicolons", 'name="f"; filename="a;b=c.txt"', "a;b=c.txt"],
    ["read without quotes", "name=f;filename=plain.txt", "plain.txt"],
    ["UTF-8", 'name="f"; filename="日本語 ☃.txt"', "日本語 ☃.txt"],
    ["the extended one where both are given", 'name="f"; filename="x"; filename*=UTF-8\'\'na%C3%AFve%3B.txt', "naïve;.txt"],
    ["the extended one in ISO-8859-1", "name=\"f\"; filename*=iso-8859-1'en'%A3.txt", "£.txt"],
    ["the plain one where the extended one is broken", 'name="f"; filename="x"; filename*=UTF-8\'\'%FF%zz', "x"],
  ])("give a filename that is %s", async (_, parameters, filename) => {
    expect(await first(part(`Content-Disposition: form-data; ${parameters}`))).toMatchObject({ name: "f", filename });
  });

  test("may be folded, in any case and order, and repeated: the first counts", async () => {
    const headers = 'CONTENT-TYPE: text/csv\r\nContent-disposition: form-data;\r\n name="a"; name="b"\r\nContent-Type: text/html';
    expect(await first(part(headers))).toMatchObject({ name: "a", contentType: "text/csv" });
  });
});

describe("a body that is not right", () => {
  const named = 'Content-Disposition: form-data; name="a"';
  test.each([
    ["another media type", "unsupported_media_type: This takes", "text/plain", part(named)],
    ["no boundary", "needs a boundary", "multipart/form-data", part(named)],
    ["an endless boundary", "needs a boundary", `multipart/form-data; boundary=${"b".repeat(71)}`, part(named)],
    ["nothing", "ended before its closing boundary", FORM, new Uint8Array()],
    ["an end within the headers", "ended before its closing boundary", FORM, lines("--B", named)],
    ["an end within the content", "ended before its closing boundary", FORM, lines("--B", named, "", "abc", "--")],
    ["a boundary that never comes", "does not contain the boundary", FORM, new Uint8Array(70_000)],
    ["text on the boundary's line", "other text after its boundary", FORM, lines("--Bad", named, "", "x", "--B--")],
    ["no disposition", "without", FORM, part("Content-Type: text/plain")],
    ["no headers", "without", FORM, lines("--B", "", "x", "", "--B--")],
    ["no name", "without", FORM, part('Content-Disposition: form-data; filename="a"')],
    ["another disposition", "without", FORM, part('Content-Disposition: attachment; name="a"')],
    ["a line that is no header", "not 'Name: value'", FORM, part(`${named}\r\nwhat is this`)],
    ["an encoding", "base64", FORM, part(`${named}\r\nContent-Transfer-Encoding: base64`)],
    ["endless headers", "more than 16384 bytes of headers", FORM, part(`${named}\r\nX: ${"x".repeat(20_000)}`)],
    ["too many parts", "more than 100 parts", FORM, lines(...Array.from({ length: 101 }, () => `--B\r\n${named}\r\n\r\n`), "--B--")],
  ])("is refused with a sentence: %s", async (...[, expected, contentType, bytes]) => {
    for (const length of [bytes.length || 1, 1000, 7]) {
      expect(await problemOf(readAll(cut(bytes, [length]), contentType))).toContain(expected);
    }
  });

  test("never hangs or crashes the reader, only a problem comes of it", async () => {
    const Piece = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          "--B",
          "\r\n",
          "--",
          "\r\n--B",
          "\r\n--B\r\n",
          "\r\n\r\n",
          ";",
          '"',
          "\\",
          "=",
          "name",
          "filename*=",
          " ",
        ),
      },
      { weight: 1, arbitrary: fc.constant(`\r\n--B\r\n${named}\r\n\r\n`) },
      { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(Piece, { maxLength: 40 }), ChunkLengths, async (pieces, lengths) => {
        await readAll(cut(utf8.encode(pieces.join("")), lengths)).catch((error: unknown) => expect(error).toBeInstanceOf(ProblemError));
      }),
      { numRuns: 500 },
    );
  });

  test("costs little where it is made of unclosed quotes", async () => {
    const bytes = part(`Content-Disposition: form-data; name="a"${';a="x'.repeat(3000)}`);
    const start = performance.now();
    await readAll([bytes]);
    expect(performance.now() - start).toBeLessThan(500);
  });

  test("passes the sender's failure on", async () => {
    const failing = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("connection lost")),
    });
    await expect(readMultipart(failing, FORM).next()).rejects.toThrow("connection lost");
  });
});

describe("a consumer", () => {
  const two = Uint8Array.from([...field("a", "x".repeat(1000)), ...field("b", "second"), ...lines("--B--", "")]);

  test("may leave a part unread, cancel it, or read some of it: the rest is skipped", async () => {
    for (const touch of [
      async () => undefined,
      (body: ReadableStream<Uint8Array>) => body.cancel(),
      (body: ReadableStream<Uint8Array>) => body.getReader().read(),
      async (body: ReadableStream<Uint8Array>) => void body.getReader().read(), // not even waited for
    ]) {
      const names: string[] = [];
      for await (const { name, body } of readMultipart(streamOf(cut(two, [100])), FORM)) {
        names.push(name);
        await touch(body);
      }
      expect(names).toEqual(["a", "b"]);
    }
  });

  test("that comes back to a part that was passed by is told so, not given a shorter part", async () => {
    const parts = readMultipart(streamOf([two]), FORM);
    const { value: a } = await parts.next();
    await parts.next();
    await expect(a?.text(5000)).rejects.toThrow("part 'a' was skipped");
  });

  test("that leaves the loop gives the request up, and the part with it", async () => {
    let cancelled = false;
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(two),
      cancel: () => {
        cancelled = true;
      },
    });
    let kept: ReadableStream<Uint8Array> | undefined;
    for await (const { body } of readMultipart(source, FORM)) {
      kept = body;
      break;
    }
    expect(cancelled).toBe(true);
    await expect(kept?.getReader().read()).rejects.toThrow("no longer read");
  });

  test("reads text up to a limit, and only UTF-8", async () => {
    const text = async (content: Uint8Array, maxBytes: number) => {
      const bytes = [...lines("--B", 'Content-Disposition: form-data; name="a"', "", ""), ...content, ...lines("", "--B--")];
      for await (const a of readMultipart(streamOf(cut(Uint8Array.from(bytes), [3])), FORM)) return await a.text(maxBytes);
      return null;
    };
    expect(await text(utf8.encode("naïve ☃"), 10)).toBe("naïve ☃");
    expect(await problemOf(text(utf8.encode("naïve ☃"), 9))).toContain("too_large: The part 'a'");
    expect(await problemOf(text(Uint8Array.of(0xff), 9))).toContain("bad_request: The multipart body has a part 'a' that is not UTF-8");
  });

  test("may bound a part's size, read or skipped", async () => {
    expect(await problemOf(readAll(cut(two, [100]), FORM, { maxPartBytes: 999 }))).toContain("too_large: The part 'a'");
    const skipping = async () => {
      for await (const _ of readMultipart(streamOf(cut(two, [100])), FORM, { maxPartBytes: 999 }));
    };
    expect(await problemOf(skipping())).toContain("too_large: The part 'a'");
    expect(await readAll([two], FORM, { maxPartBytes: 1000 })).toHaveLength(2);
  });

  test("owns its chunks: giving their memory away harms nothing that is still to be read", async () => {
    const seen: number[] = [];
    for await (const { body } of readMultipart(streamOf(cut(two, [1100])), FORM)) {
      let length = 0;
      for await (const chunk of chunksOf(body)) {
        length += chunk.length;
        structuredClone(chunk.buffer, { transfer: [chunk.buffer as ArrayBuffer] });
      }
      seen.push(length);
    }
    expect(seen).toEqual([1000, 6]);
  });
});
