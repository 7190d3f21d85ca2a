// The typed client against a small HTTP server: errors by kind, streams, and events that survive a broken connection.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { ApiError, createClient, NetworkError } from "../../src/client/index.ts";
import { createSseParser } from "../../src/client/sse-parser.ts";

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = (response: ServerResponse, status: number, value: unknown, headers = {}) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));

describe("the client", () => {
  it("sends its key, its options as headers, and a query without what is not given", async () => {
    const seen: IncomingMessage[] = [];
    const baseUrl = await serve((request, response) => {
      seen.push(request);
      json(response, 200, {});
    });
    const client = createClient({ baseUrl: `${baseUrl}/`, key: "mr_x" });
    await client.jobs.enqueue({ kind: "http" }, { waitSeconds: 5, idempotencyKey: "k" });
    await client.jobs.list({ queue: "a b" as never, cursor: undefined });
    expect(seen[0]).toMatchObject({
      method: "POST",
      url: "/api/v1/jobs",
      headers: { authorization: "Bearer mr_x", prefer: "wait=5", "idempotency-key": "k", "content-type": "application/json" },
    });
    expect(seen[1]?.url).toBe("/api/v1/jobs?queue=a+b");
  });

  it("throws ApiError with the parsed problem and the seconds to wait", async () => {
    const problem = { type: "t", title: "T", status: 503, detail: "Postgres is away.", instance: "/", code: "unavailable", requestId: "r" };
    const baseUrl = await serve((_, response) => json(response, 503, problem, { "retry-after": "7" }));
    const error = await createClient({ baseUrl })
      .queues.list()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 503,
      code: "unavailable",
      problem,
      retryAfterSeconds: 7,
      isTemporary: true,
      message: "Postgres is away.",
    });
  });

  it("throws ApiError without a problem where something else answered", async () => {
    const baseUrl = await serve((_, response) => response.writeHead(404, { "content-type": "text/html" }).end("<h1>nginx</h1>"));
    const error = await createClient({ baseUrl })
      .queues.list()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: "ApiError",
      problem: null,
      code: null,
      isTemporary: false,
      message: expect.stringContaining("<h1>nginx</h1>"),
    });
  });

  it("throws NetworkError where nobody answered, and the abort's reason where it was aborted", async () => {
    const client = createClient({ baseUrl: "http://127.0.0.1:1" });
    const error = await client.queues.list().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NetworkError);
    expect((error as Error).message).toContain("http://127.0.0.1:1/api/v1/queues");
    await expect(client.queues.list({ signal: AbortSignal.abort("mine") })).rejects.toBe("mine");
  });

  it("streams an upload with its name percent-encoded, and hands content out as a stream", async () => {
    let received = 0;
    let name: unknown;
    const baseUrl = await serve((request, response) => {
      if (request.method === "GET") return void response.end("content");
      name = request.headers["x-filename"];
      request.on("data", (chunk: Buffer) => {
        received += chunk.length;
      });
      request.on("end", () => json(response, 201, { id: "upl_x" }));
    });
    const client = createClient({ baseUrl });
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let piece = 0; piece < 10; piece += 1) controller.enqueue(new Uint8Array(1000));
        controller.close();
      },
    });
    await client.uploads.create(body, { name: "Bücher 书.txt" });
    expect(received).toBe(10_000);
    expect(decodeURIComponent(String(name))).toBe("Bücher 书.txt");
    expect(await (await client.uploads.content("upl_x")).text()).toBe("content");
  });

  it("goes on after the last event seen when the connection breaks, and ends when told to", async () => {
    const resumedFrom: unknown[] = [];
    const baseUrl = await serve((request, response) => {
      resumedFrom.push(request.headers["last-event-id"]);
      const id = resumedFrom.length;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`retry: 1\n\n: hello\n\nid: ${id}\nevent: job.log\ndata: {"id":"${id}","type":"job.log","data":{}}\n\n`);
    });
    const connections: boolean[] = [];
    const ids: string[] = [];
    for await (const event of createClient({ baseUrl }).events.stream({}, { onConnection: (connected) => connections.push(connected) })) {
      ids.push(event.id);
      if (ids.length === 3) break;
    }
    expect(ids).toEqual(["1", "2", "3"]);
    expect(resumedFrom).toEqual([undefined, "1", "2"]);
    expect(connections).toEqual([true, false, true, false, true, false]);
  });

  it("stops streaming events for an answer that will not get better", async () => {
    const baseUrl = await serve((_, response) => json(response, 401, { code: "unauthorized", detail: "No." }));
    const stream = createClient({ baseUrl }).events.stream();
    await expect(stream.next()).rejects.toMatchObject({ status: 401 });
  });
});

describe("the event parser", () => {
  it("reads the same messages however the stream is cut, with any line ends", () => {
    const text = "id: 1\ndata: one\n\n: note\n\nevent: x\r\ndata: two\r\ndata: lines\r\n\r\ndata:three\r\rid\ndata\n\n";
    const expected = [
      { id: "1", event: "message", data: "one" },
      { id: "1", event: "x", data: "two\nlines" },
      { id: "1", event: "message", data: "three" },
      { id: "", event: "message", data: "" },
    ];
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
        const parser = createSseParser();
        const messages = [];
        for (let at = 0, turn = 0; at < text.length; turn += 1) {
          const size = sizes[turn % sizes.length] as number;
          messages.push(...parser.push(text.slice(at, at + size)));
          at += size;
        }
        expect(messages).toEqual(expected);
      }),
    );
  });
});
