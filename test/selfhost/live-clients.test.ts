// A thousand WebSocket clients on one process get every update of their jobs; clients that do not read are dropped, and
// what waits for them stays bounded.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { openSocket, type TestSocket } from "../api/support/live.ts";
import { testApi } from "../api/support/test-api.ts";
import { eventually } from "../support/servers/free-port.ts";
import { openRawSocket } from "./support/raw-socket.ts";

const CLIENTS = Number(process.env.MILLRACE_SOCKETS ?? 1_000);
const api = testApi();
const headers = () => ({ authorization: `Bearer ${api().adminKey}` });

const residentMebibytes = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${api().pid}/status`, "utf8"))?.[1]) / 1024;

async function metric(name: string): Promise<number> {
  const { text } = await api().ask("GET", "/metrics", { key: null });
  return Number(new RegExp(`^${name} (\\d+)`, "m").exec(text)?.[1] ?? 0);
}

type Leased = { leaseToken: string; job: { id: string } };

async function leaseAll(queue: string): Promise<Leased[]> {
  const { leases } = await api().post("/api/v1/leases", { runnerId: "r", queues: [queue], max: 1_000, leaseSeconds: 300 });
  return leases;
}

test(`${CLIENTS} clients get every update of their job, in order`, { timeout: 120_000 }, async () => {
  const { items } = await api().post("/api/v1/jobs/batch", { jobs: Array(CLIENTS).fill({ queue: "watched", kind: "command" }) });
  const ids = items.map(({ id }: { id: string }) => id) as string[];
  const sockets: TestSocket[] = [];
  for (let from = 0; from < CLIENTS; from += 50) {
    const some = ids.slice(from, from + 50).map(async (jobId) => {
      const socket = await openSocket(`${api().url}/ws`, { headers: headers() });
      socket.send({ action: "subscribe", jobId });
      expect(await socket.next()).toEqual({ action: "response", message: "subscribed", jobId });
      expect(await socket.next()).toMatchObject({ type: "update", jobId, status: "queued", seq: 1 });
      return socket;
    });
    sockets.push(...(await Promise.all(some)));
  }
  expect(await metric("websocket_clients_connected")).toBe(CLIENTS);

  const leases = await leaseAll("watched");
  expect(leases).toHaveLength(CLIENTS);
  for (const fraction of [0.25, 0.5, 0.75]) {
    await api().post("/api/v1/leases/heartbeat", {
      runnerId: "r",
      leases: leases.map(({ leaseToken }) => ({ leaseToken, progress: { fraction } })),
    });
  }
  await api().post("/api/v1/leases/settle", {
    runnerId: "r",
    items: leases.map(({ leaseToken }) => ({ leaseToken, outcome: "completed", result: 1 })),
  });
  const heard = await Promise.all(
    sockets.map(async (socket) => {
      const updates = [];
      for (let n = 0; n < 5; n += 1) updates.push(await socket.next(30));
      return updates;
    }),
  );
  for (const [index, updates] of heard.entries()) {
    expect(updates.map(({ jobId, seq, event, progress }) => [jobId, seq, event, progress])).toEqual([
      [ids[index], 2, "job.started", undefined],
      [ids[index], 3, "job.progress", 0.25],
      [ids[index], 4, "job.progress", 0.5],
      [ids[index], 5, "job.progress", 0.75],
      [ids[index], 6, "job.completed", 1],
    ]);
  }
  for (const socket of sockets) socket.close();
  await eventually(async () => expect(await metric("websocket_clients_connected")).toBe(0));
});

const PAYLOAD = "x".repeat(200_000);
const publish = () => api().post("/api/v1/events", { topic: "flood", payload: PAYLOAD });

test("a client that does not read is dropped with 4008, and holds no more memory than the bound", { timeout: 60_000 }, async () => {
  const slow = await openRawSocket(`${api().url}/ws`, headers());
  const fast = await openSocket(`${api().url}/ws`, { headers: headers() });
  for (const socket of [slow, fast]) socket.send({ action: "subscribe", all: true });
  expect(await fast.next()).toMatchObject({ message: "subscribed" });
  slow.pause();
  const before = residentMebibytes();
  let published = 0;
  await eventually(
    async () => {
      await publish();
      published += 1;
      expect(await fast.next()).toMatchObject({ type: "update", event: "flood" });
      expect(await metric("websocket_slow_clients_dropped_total")).toBe(1);
    },
    { seconds: 30 },
  );
  // The bound of 8 MiB and what the kernel's buffers took.
  expect(published).toBeGreaterThan(40);
  for (let n = 0; n < 100; n += 1) {
    await publish();
    await fast.next();
  }
  // Everything together was 20 MB more; what is kept for the slow one no longer grows.
  expect(residentMebibytes() - before).toBeLessThan(150);
  expect(await metric("websocket_clients_connected")).toBe(1);
  expect(await slow.drain()).toBe(4008);
  slow.close();
  fast.close();
});

test("an event stream that nobody reads is cut off", { timeout: 60_000 }, async () => {
  const { hostname, port } = new URL(api().url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET /api/v1/events HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${api().adminKey}\r\n\r\n`);
  await new Promise((resolve) => socket.once("data", resolve));
  socket.pause();
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()).once("error", () => resolve()));
  const before = residentMebibytes();
  for (let n = 0; n < 250; n += 1) await publish();
  expect(residentMebibytes() - before).toBeLessThan(150);
  let received = 0;
  socket.on("data", (data) => {
    received += data.length;
  });
  socket.resume();
  await ended;
  // Kept in the kernel's buffers and ours; the rest of the 50 MB was not kept for it.
  expect(received).toBeLessThan(30_000_000);
});
