// Live events by SSE and WebSocket.
import assert from "node:assert/strict";
import { openEvents, openSocket } from "../../api/support/live.ts";
import { type E2eCase, only } from "./site.ts";

const KIND = { kind: "command" };

export const liveCases: E2eCase[] = [
  {
    title: "an event stream shows a job's life in order, and resumes after the last event that was seen",
    async run(site) {
      const queue = site.newQueue();
      const url = `${site.baseUrl}/api/v1/events?queue=${queue}`;
      const stream = await openEvents(url, site.headers);
      const { id } = await site.enqueue({ ...KIND, queue });
      await site.settle(only(await site.lease(queue)), { outcome: "completed", result: 1 });
      const events = await stream.until(({ type }) => type === "job.completed", 30);
      stream.close();
      assert.deepEqual(
        events.map(({ type, data }) => [type, data.jobId]),
        ["job.enqueued", "job.started", "job.completed"].map((type) => [type, id]),
      );
      const resumed = await openEvents(url, { ...site.headers, "last-event-id": events[0]?.id as string });
      assert.deepEqual(await resumed.until(({ type }) => type === "job.completed", 30), events.slice(1));
      resumed.close();
    },
  },
  {
    title: "a user's own event reaches who listens to its topic, and nobody else",
    async run(site) {
      const topic = site.newQueue();
      const [mine, other] = await Promise.all(
        [topic, `${topic}.other`].map((name) => openEvents(`${site.baseUrl}/api/v1/events?topic=${name}`, site.headers)),
      );
      await site.expect(202, "POST /api/v1/events", { json: { topic, payload: { n: 1 } } });
      await site.expect(202, "POST /api/v1/events", { json: { topic: `${topic}.other`, payload: { n: 2 } } });
      assert.deepEqual((await mine?.next(30))?.data.data.payload, { n: 1 });
      assert.deepEqual((await other?.next(30))?.data.data.payload, { n: 2 });
      mine?.close();
      other?.close();
    },
  },
  {
    title: "a WebSocket tells a job's state at once and every update after it, and outlives a bad message",
    needs: ({ webSocket }) => webSocket,
    async run(site) {
      const queue = site.newQueue();
      const { id: jobId } = await site.enqueue({ ...KIND, queue });
      const socket = await openSocket(`${site.baseUrl}/ws`, { headers: site.headers });
      socket.send("not JSON");
      assert.equal((await socket.next(30)).message, "failed");
      socket.send({ action: "subscribe", jobId });
      assert.deepEqual(await socket.next(30), { action: "response", message: "subscribed", jobId });
      assert.equal((await socket.next(30)).status, "queued");
      await site.settle(only(await site.lease(queue)), { outcome: "completed", result: 1 });
      const updates = [await socket.next(30), await socket.next(30)];
      assert.deepEqual(
        updates.map(({ jobId: of, status }) => [of, status]),
        [
          [jobId, "running"],
          [jobId, "completed"],
        ],
      );
      socket.close();
      const refused = await openSocket(`${site.baseUrl}/ws`, { protocols: ["access_token.nobodys"] });
      assert.equal((await refused.closed).code, 1008);
    },
  },
];
