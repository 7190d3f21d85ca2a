// Live events on the edge: streams and WebSockets over the workspace's hub, also after it slept.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { eventually } from "../support/servers/free-port.ts";
import { describeEdge, type EdgeApi } from "./support/edge-api.ts";

// workerd puts an object to sleep after ten seconds in which nothing happened.
const ASLEEP_MILLISECONDS = 11_000;

describeEdge("Live events on the edge", 2, (edge) => {
  // First of all: an open stream or a wait would keep the hub awake.
  test("a socket keeps its subscriptions and its count while the hub sleeps", async () => {
    const { id } = await edge().send("POST", "/api/v1/jobs", { queue: "asleep", kind: "command" });
    const socket = await openSocket(edge());
    socket.send({ action: "subscribe", jobId: id });
    await eventually(async () => expect(socket.heard).toHaveLength(2));
    await sleep(ASLEEP_MILLISECONDS);
    await edge().send("POST", `/api/v1/jobs/${id}/cancel`);
    await eventually(async () => expect(socket.heard[2]).toMatchObject({ type: "update", jobId: id, status: "cancelled", seq: 2 }));
    socket.close();
  });

  test("a stream tells what happens, and resumes where it broke off", async () => {
    const first = await openStream(edge());
    const { id } = await edge().send("POST", "/api/v1/jobs", { queue: "watched", kind: "command" });
    const enqueued = await first.next();
    expect(enqueued).toMatchObject({ type: "job.enqueued", jobId: id, queue: "watched" });
    await first.close();
    await edge().send("POST", `/api/v1/jobs/${id}/cancel`);
    const second = await openStream(edge(), enqueued.id);
    expect(await second.next()).toMatchObject({ type: "job.cancelled", jobId: id });
    await second.close();
  });

  test("a WebSocket is told its job's state and what follows", async () => {
    const { id } = await edge().send("POST", "/api/v1/jobs", { queue: "watched", kind: "command" });
    const socket = await openSocket(edge());
    socket.send({ action: "subscribe", jobId: id });
    await eventually(async () =>
      expect(socket.heard).toMatchObject([{ message: "subscribed" }, { type: "update", status: "queued", seq: 1 }]),
    );
    await edge().send("POST", `/api/v1/jobs/${id}/cancel`);
    await eventually(async () => expect(socket.heard[2]).toMatchObject({ type: "update", jobId: id, status: "cancelled", seq: 2 }));
    socket.close();
  });

  test.each([
    ["no token", undefined, {}, 1008],
    ["a foreign page", "own", { origin: "https://elsewhere.example" }, 4003],
  ])("a socket of %s is closed with the reason", async (_, token, headers, code) => {
    const url = edge().url.replace("http", "ws");
    const protocols = token ? [`access_token.${edge().adminKey}`] : [];
    const socket = new WebSocket(`${url}/ws`, { protocols, headers } as never);
    const closed = await new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
    expect(closed.code).toBe(code);
  });
});

async function openStream({ url, adminKey }: EdgeApi, lastEventId?: string) {
  const headers = { authorization: `Bearer ${adminKey}`, ...(lastEventId ? { "last-event-id": lastEventId } : {}) };
  const response = await fetch(`${url}/api/v1/events`, { headers });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  await read();
  async function read(): Promise<void> {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The stream ended: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  return {
    /** The next event. */
    async next(): Promise<{ id: string; type: string; jobId: string }> {
      for (;;) {
        const frame = /^data: (.*)\n\n/m.exec(text);
        if (frame) {
          text = text.slice(frame.index + frame[0].length);
          return JSON.parse(frame[1] ?? "");
        }
        await read();
      }
    },
    close: () => reader.cancel(),
  };
}

async function openSocket({ url, adminKey }: EdgeApi) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, [`access_token.${adminKey}`]);
  // biome-ignore lint/suspicious/noExplicitAny: messages of every shape
  const heard: any[] = [];
  socket.addEventListener("message", ({ data }) => heard.push(JSON.parse(data)));
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  return { heard, send: (message: object) => socket.send(JSON.stringify(message)), close: () => socket.close() };
}
