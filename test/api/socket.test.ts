// The WebSocket /ws: who may open it, what is answered to each message, and updates in their order.
import { describe, expect, test } from "vitest";
import { openSocket } from "./support/live.ts";
import { newQueue, testApi } from "./support/test-api.ts";

const api = testApi();

const bearer = () => ({ authorization: `Bearer ${api().adminKey}` });
const open = (path = "/ws") => openSocket(`${api().url}${path}`, { headers: bearer() });

describe("the handshake", () => {
  test.each(["/ws", "/api/v2/ws"])("at %s takes the Authorization header", async (path) => {
    const socket = await open(path);
    expect(socket.protocol).toBe("");
    socket.send({ action: "ping" });
    expect(await socket.next()).toEqual({ action: "response", message: "pong" });
    socket.close();
  });

  test("takes a key in the subprotocol, and echoes it", async () => {
    const protocols = [`access_token.${api().adminKey}`, "other"];
    const socket = await openSocket(`${api().url}/ws`, { protocols });
    expect(socket.protocol).toBe(protocols[0]);
    socket.close();
  });

  test("takes the dashboard's session", async () => {
    const login = await api().ask("POST", "/api/v1/session", { json: { key: api().adminKey }, key: null });
    const cookie = login.headers.get("set-cookie")?.split(";")[0] as string;
    const socket = await openSocket(`${api().url}/ws`, { headers: { cookie, origin: api().url } });
    socket.send({ action: "ping" });
    expect(await socket.next()).toMatchObject({ message: "pong" });
    socket.close();
  });

  test("is closed with 1008 without a key, with a wrong one, and with one that may not listen", async () => {
    const runner = await api().makeKey("runner");
    for (const options of [
      {},
      { headers: { authorization: "Bearer mr_nobodys" } },
      { protocols: ["access_token.not-a-key"] },
      { headers: { authorization: `Bearer ${runner}` } },
      { protocols: [`access_token.${runner}`] },
    ]) {
      const socket = await openSocket(`${api().url}/ws`, options);
      expect((await socket.closed).code, JSON.stringify(options)).toBe(1008);
    }
  });

  // 004.4 of the seeds: same host and port is ours, everything else is not.
  test("is closed with 4003 'Origin not allowed' for a foreign page, whatever key it has", async () => {
    const { host, hostname } = new URL(api().url);
    for (const origin of [
      `http://evil.example:${new URL(api().url).port}`,
      `http://${hostname}:1`,
      `http://${host}.evil.example`,
      "null",
    ]) {
      const socket = await openSocket(`${api().url}/ws`, { headers: { ...bearer(), origin } });
      expect(await socket.closed, origin).toEqual({ code: 4003, reason: "Origin not allowed" });
    }
    const own = await openSocket(`${api().url}/ws`, { headers: { ...bearer(), origin: `http://${host}` } });
    own.send({ action: "ping" });
    expect(await own.next()).toMatchObject({ message: "pong" });
    own.close();
  });

  test("without Upgrade is a plain request, and told so", async () => {
    expect(await api().ask("GET", "/ws")).toMatchObject({ status: 400, body: { code: "bad_request" } });
  });
});

describe("subscribe", () => {
  // 003.4 of the seeds.
  test("is answered at once, even for a job that does not exist", async () => {
    const socket = await open();
    socket.send('{"action":"subscribe","jobId":"test123"}');
    expect(await socket.next()).toEqual({ action: "response", message: "subscribed", jobId: "test123" });
    socket.close();
  });

  test("to a job brings its state at once, and then its updates with seq 1, 2, 3 …", async () => {
    const queue = newQueue();
    const { id } = await api().post("/api/v1/jobs", { queue, kind: "noop" });
    const socket = await open();
    socket.send({ action: "subscribe", jobId: id });
    expect(await socket.next()).toEqual({ action: "response", message: "subscribed", jobId: id });
    expect(await socket.next()).toMatchObject({ type: "update", jobId: id, status: "queued", progress: 0, seq: 1 });
    const { leases } = await api().post("/api/v1/leases", { runnerId: "r", queues: [queue] });
    const { leaseToken } = leases[0];
    await api().post("/api/v1/leases/heartbeat", { runnerId: "r", leases: [{ leaseToken, progress: { fraction: 0.5, message: "half" } }] });
    await api().post("/api/v1/leases/settle", { runnerId: "r", items: [{ leaseToken, outcome: "completed" }] });
    expect([await socket.next(), await socket.next(), await socket.next()]).toMatchObject([
      { type: "update", jobId: id, status: "running", seq: 2, event: "job.started" },
      { type: "update", jobId: id, status: "running", progress: 0.5, message: "half", seq: 3 },
      { type: "update", jobId: id, status: "completed", progress: 1, seq: 4, event: "job.completed" },
    ]);
    socket.close();
  });

  test("to a queue, or to all, brings what happens there", async () => {
    const [queue, other] = [newQueue(), newQueue()];
    const [one, all] = [await open(), await open()];
    one.send({ action: "subscribe", queue });
    all.send({ action: "subscribe", all: true });
    expect(await one.next()).toEqual({ action: "response", message: "subscribed", queue });
    expect(await all.next()).toEqual({ action: "response", message: "subscribed", all: true });
    const elsewhere = await api().post("/api/v1/jobs", { queue: other, kind: "noop" });
    const here = await api().post("/api/v1/jobs", { queue, kind: "noop" });
    expect(await one.next()).toMatchObject({ jobId: here.id, queue, status: "queued" });
    expect([await all.next(), await all.next()].map(({ jobId }) => jobId)).toEqual([elsewhere.id, here.id]);
    one.close();
    all.close();
  });

  test("is undone by unsubscribe", async () => {
    const queue = newQueue();
    const socket = await open();
    for (const action of ["subscribe", "unsubscribe"]) {
      socket.send({ action, queue });
      expect(await socket.next()).toEqual({ action: "response", message: `${action}d`, queue });
    }
    await api().post("/api/v1/jobs", { queue, kind: "noop" });
    socket.send({ action: "ping" });
    expect(await socket.next()).toMatchObject({ message: "pong" });
    socket.close();
  });

  test("twice to the same job tells everything once", async () => {
    const queue = newQueue();
    const socket = await open();
    for (let n = 0; n < 2; n++) {
      socket.send({ action: "subscribe", queue });
      expect(await socket.next()).toMatchObject({ message: "subscribed" });
    }
    const { id } = await api().post("/api/v1/jobs", { queue, kind: "noop" });
    expect(await socket.next()).toMatchObject({ jobId: id, seq: 1 });
    socket.send({ action: "ping" });
    expect(await socket.next()).toMatchObject({ message: "pong" });
    socket.close();
  });
});

test("a message that is not understood is answered 'failed' with what is wrong, and the socket stays open", async () => {
  const socket = await open();
  const bad = [
    "nonsense",
    "",
    "[]",
    "null",
    { action: "shout" },
    { action: "subscribe" },
    { action: "subscribe", jobId: "a", queue: "b" },
    { action: "subscribe", jobId: 7 },
    { action: "subscribe", all: false },
    { action: "ping", extra: 1 },
  ];
  for (const message of bad) {
    socket.send(message);
    const answer = await socket.next();
    expect(answer, JSON.stringify(message)).toMatchObject({ action: "response", message: "failed" });
    expect(answer.detail.length).toBeGreaterThan(10);
  }
  socket.send({ action: "ping" });
  expect(await socket.next()).toEqual({ action: "response", message: "pong" });
  socket.send("x".repeat(65 * 1024));
  expect((await socket.closed).code).toBe(1008);
});
