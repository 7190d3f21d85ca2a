// Uploads: stored byte for byte under a bare safe name, downloaded whole or in ranges, and gone without a trace where
// they are too large or broken off.
import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/servers/free-port.ts";
import { type Ask, expectProblem, inChunks, testApi } from "./support/test-api.ts";

const MAX_UPLOAD_BYTES = 300_000;
const api = testApi({ maxUploadBytes: MAX_UPLOAD_BYTES });

const upload = (body: Ask["body"], headers: Record<string, string> = {}) => api().ask("POST", "/api/v1/uploads", { body, headers });
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function form(bytes: Uint8Array<ArrayBuffer>, name: string, type = "text/plain"): FormData {
  const data = new FormData();
  data.set("file", new File([bytes], name, { type }));
  return data;
}

/** Files in the blob directory, temporary ones included. */
const blobs = () =>
  readdirSync(api().blobs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "probe")
    .map(({ name }) => name);

async function download(id: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${api().url}/api/v1/uploads/${id}/content`, {
    headers: { authorization: `Bearer ${api().adminKey}`, ...headers },
  });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

describe("a file", () => {
  const bytes = randomBytes(200_000);

  test.each(["raw", "multipart", "chunked"])("sent %s comes back byte for byte, with its name, type, size and SHA-256", async (how) => {
    const headers = { "content-type": "text/x-book", "x-filename": "b%C3%BCcher%20%F0%9F%A6%80.txt" };
    const name = "bücher 🦀.txt";
    const body =
      how === "raw" ? bytes : how === "chunked" ? inChunks(bytes.subarray(0, 7), bytes.subarray(7)) : form(bytes, name, "text/x-book");
    const answer = await upload(body, how === "multipart" ? {} : headers);
    expect(answer).toMatchObject({
      status: 201,
      body: { name, contentType: "text/x-book", sizeBytes: bytes.length, sha256: sha256(bytes) },
    });
    expect(answer.headers.get("location")).toBe(`/api/v1/uploads/${answer.body.id}`);
    expect(await api().get(`/api/v1/uploads/${answer.body.id}`)).toEqual(answer.body);
    const back = await download(answer.body.id);
    expect(back.bytes.equals(bytes)).toBe(true);
    expect(Object.fromEntries(back.headers)).toMatchObject({
      "content-type": "text/x-book",
      "content-length": String(bytes.length),
      "content-disposition": "attachment; filename*=UTF-8''b%C3%BCcher%20%F0%9F%A6%80.txt",
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
      "accept-ranges": "bytes",
      etag: `"${sha256(bytes)}"`,
    });
  });

  test("may be empty", async () => {
    for (const body of [undefined, form(Buffer.alloc(0), "empty.txt")]) {
      const answer = await upload(body);
      expect(answer).toMatchObject({ status: 201, body: { sizeBytes: 0, sha256: sha256(Buffer.alloc(0)) } });
      expect(await download(answer.body.id)).toMatchObject({ status: 200, bytes: Buffer.alloc(0) });
      expect((await download(answer.body.id, { range: "bytes=0-" })).status).toBe(416);
    }
  });

  test("of a type that is none is kept as bytes of no known type", async () => {
    for (const type of ["text/html; charset", "nonsense", `a/${"b".repeat(300)}`]) {
      const answer = await upload("x", { "content-type": type });
      expect(answer.body.contentType).toBe("application/octet-stream");
    }
  });

  test("that is deleted is gone, bytes and all", async () => {
    const { body } = await upload("some text");
    const before = blobs().length;
    expect((await api().ask("DELETE", `/api/v1/uploads/${body.id}`)).status).toBe(204);
    for (const path of ["", "/content"]) expectProblem(await api().ask("GET", `/api/v1/uploads/${body.id}${path}`), "not_found");
    expectProblem(await api().ask("DELETE", `/api/v1/uploads/${body.id}`), "not_found");
    expect(blobs()).toHaveLength(before - 1);
  });
});

describe("a file's name", () => {
  // 004.4 of the seeds: what tries to leave a directory.
  const hostile = [
    ...["../../../etc/passwd", "documents/../../../etc/passwd", "%2e%2e%2fpasswords.txt", "%252e%252e%252f", "%25252e%25252e%25252f"],
    ...["..%2f..%2f..%2fetc%2fpasswd", "C:\\Windows\\System32", "\\\\server\\c$\\windows", "/etc/shadow", "//etc//passwd", "~/.ssh/id_rsa"],
    ...[
      "file.txt\u0000.jpg",
      "file\u202e../",
      ".",
      "..",
      "...",
      "",
      " ",
      "a\r\nX-Evil: 1",
      "\ud800",
      "x".repeat(5000),
      `${"y".repeat(254)}🦀`,
    ],
  ];
  const bare = /^(?!\.{1,2}$)[^/\\\p{Cc}\p{Bidi_Control}\p{Cs}]{1,255}$/u;

  test.each(hostile.map((name) => ({ name })))("$name is stored as a bare safe one, raw and multipart", async ({ name }) => {
    const raw = await upload("x", { "x-filename": encodeURIComponent(name.toWellFormed()) });
    // A form with an empty name is one in which no file was chosen.
    const sent = name === "" ? raw : await upload(form(Buffer.from("x"), name));
    for (const answer of [raw, sent]) {
      expect(answer.status, answer.text).toBe(201);
      expect(answer.body.name).toMatch(bare);
      const { headers } = await download(answer.body.id);
      expect(headers.get("content-disposition")).toMatch(/^attachment; filename\*=UTF-8''[\w.!#$&+^`|~%-]+$/);
      expect(headers.has("x-evil")).toBe(false);
    }
    for (const blob of blobs()) expect(blob).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("in X-Filename is percent-encoded UTF-8, else the request is refused", async () => {
    for (const name of ["%", "%ff", "%E0%A4%A"]) expectProblem(await upload("x", { "x-filename": name }), "bad_request");
  });
});

describe("a download", () => {
  const text = "0123456789";
  let id = "";
  const ask = async (headers: Record<string, string>) => {
    id ||= (await upload(text)).body.id;
    return download(id, headers);
  };

  test.each([
    ["bytes=0-3", "0123", "bytes 0-3/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-4", "6789", "bytes 6-9/10"],
    ["bytes=-99", text, "bytes 0-9/10"],
    ["bytes=0-9", text, "bytes 0-9/10"],
    ["bytes=8-99", "89", "bytes 8-9/10"],
    ["bytes=9-9", "9", "bytes 9-9/10"],
  ])("of the range %s is answered 206", async (range, content, contentRange) => {
    const answer = await ask({ range });
    expect(answer).toMatchObject({ status: 206, bytes: Buffer.from(content) });
    expect(answer.headers.get("content-range")).toBe(contentRange);
    expect(answer.headers.get("content-length")).toBe(String(content.length));
  });

  test.each(["bytes=10-", "bytes=99-100", "bytes=-0"])("of the range %s is answered 416 with the size", async (range) => {
    const answer = await ask({ range });
    expect(answer.status).toBe(416);
    expect(answer.headers.get("content-range")).toBe("bytes */10");
    expect(JSON.parse(answer.bytes.toString())).toMatchObject({ code: "range_not_satisfiable" });
  });

  test.each(["bytes=5-2", "bytes=a-b", "bytes=-", "items=0-1", "bytes=0-1,3-4"])(
    "of the range %s, which is none or many, is whole",
    async (range) => {
      expect(await ask({ range })).toMatchObject({ status: 200, bytes: Buffer.from(text) });
    },
  );

  test("is not sent again to who has it, and a range only of what is still the same", async () => {
    const etag = (await ask({})).headers.get("etag") as string;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      expect(await ask({ "if-none-match": known })).toMatchObject({ status: 304, bytes: Buffer.alloc(0) });
    }
    expect((await ask({ "if-none-match": '"other"' })).status).toBe(200);
    expect((await ask({ range: "bytes=0-1", "if-range": etag })).status).toBe(206);
    for (const other of ['"other"', `W/${etag}`, "Sat, 31 Jan 2026 08:30:00 GMT"]) {
      expect(await ask({ range: "bytes=0-1", "if-range": other })).toMatchObject({ status: 200, bytes: Buffer.from(text) });
    }
  });
});

describe("nothing is left", () => {
  async function expectNothingLeft(act: () => Promise<unknown>): Promise<void> {
    const before = { rows: await api().countRows(), blobs: blobs() };
    await act();
    await eventually(async () => expect({ rows: await api().countRows(), blobs: blobs() }).toEqual(before), { seconds: 5 });
  }

  test.each([
    ["raw", () => Buffer.alloc(MAX_UPLOAD_BYTES + 1)],
    ["in chunks", () => inChunks(new Uint8Array(MAX_UPLOAD_BYTES), new Uint8Array(1))],
    ["as multipart", () => form(Buffer.alloc(MAX_UPLOAD_BYTES + 1), "big.bin")],
  ])("of an upload that is larger than the limit, sent %s: it is answered 413", async (_, body) => {
    await expectNothingLeft(async () => expectProblem(await upload(body()), "too_large"));
    expect((await upload(Buffer.alloc(MAX_UPLOAD_BYTES))).status).toBe(201);
  });

  test("of an upload that breaks off, whether its length was known or not", async () => {
    for (const head of ["Content-Length: 100000", "Transfer-Encoding: chunked"]) {
      await expectNothingLeft(async () => {
        const socket = connect(Number(new URL(api().url).port), "127.0.0.1");
        const start = head.startsWith("T") ? "10000\r\n" : "";
        socket.write(`POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api().adminKey}\r\n${head}\r\n\r\n${start}`);
        socket.write("x".repeat(20_000));
        await eventually(async () => expect(blobs().some((name) => name.startsWith("."))).toBe(true));
        socket.destroy();
      });
    }
  });

  test("of a form without a file, with two of them, or that ends too soon", async () => {
    const none = new FormData();
    none.set("name", "x");
    const two = form(Buffer.from("one"), "one.txt");
    two.append("file", new File(["two"], "two.txt"));
    await expectNothingLeft(async () => {
      for (const body of [none, two]) expect(expectProblem(await upload(body), "invalid").errors?.[0]?.path).toBe("file");
      const type = { "content-type": "multipart/form-data; boundary=b" };
      const part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ntext';
      for (const body of [part, `${part}\r\n--b\r\nnonsense\r\n\r\n`, "", "no boundary"])
        expectProblem(await upload(body, type), "bad_request");
      expectProblem(await upload("x", { "content-type": "multipart/form-data" }), "bad_request");
    });
  });

  test("of a train request that is refused for what came with the file", async () => {
    const train = (fields: Record<string, string>) => {
      const body = form(Buffer.from("text"), "book.txt");
      for (const [name, value] of Object.entries(fields)) body.set(name, value);
      return api().ask("POST", "/api/train", { body });
    };
    await expectNothingLeft(async () => {
      for (const fields of [
        { options: "{" },
        { options: '{"order":99}' },
        { engine: "llm" },
        { nmae: "x" },
        { datasetUploadId: "upl_x" },
      ]) {
        expectProblem(await train(fields as Record<string, string>), "invalid");
      }
    });
  });
});
