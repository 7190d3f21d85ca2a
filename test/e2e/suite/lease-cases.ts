// Leases, retries and queues as runners and operators see them.
import assert from "node:assert/strict";
import { type E2eCase, only } from "./site.ts";

const KIND = { kind: "command" };
const FAILED = { outcome: "failed", error: { code: "oops", message: "It broke.", retryable: true } };

export const leaseCases: E2eCase[] = [
  {
    title: "a runner that waits is woken by an enqueue, and an empty wait ends in time",
    async run(site) {
      const queue = site.newQueue();
      assert.deepEqual(await site.lease(queue, { waitSeconds: 1 }), []);
      const waiting = site.lease(queue, { waitSeconds: 20 });
      const job = await site.enqueue({ ...KIND, queue });
      assert.equal(only(await waiting).job.id, job.id);
    },
  },
  {
    title: "a failed attempt is tried again, the last one fails the job, and a retry by hand begins anew",
    async run(site) {
      const queue = site.newQueue();
      const backoff = { type: "fixed", baseSeconds: 0, jitter: false };
      const { id } = await site.enqueue({ ...KIND, queue, maxAttempts: 2, backoff });
      await site.settle(only(await site.lease(queue)), FAILED);
      const second = only(await site.lease(queue, { waitSeconds: 20 }));
      assert.deepEqual([second.job.id, second.job.attempt], [id, 2]);
      assert.equal((await site.settle(second, FAILED)).state, "failed");
      const failed = await site.expect(200, `GET /api/v1/jobs/${id}`);
      assert.deepEqual([failed.state, failed.error.code], ["failed", "oops"]);
      assert.equal((await site.expect(200, `POST /api/v1/jobs/${id}/retry`)).state, "queued");
      const third = only(await site.lease(queue, { waitSeconds: 20 }));
      assert.equal(third.job.attempt, 1);
      assert.equal((await site.settle(third, { outcome: "failed", error: { ...FAILED.error, retryable: false } })).state, "failed");
    },
  },
  {
    title: "settling again is answered the same, another outcome and a token of nobody are lost",
    async run(site) {
      const queue = site.newQueue();
      const { id } = await site.enqueue({ ...KIND, queue });
      const released = only(await site.lease(queue));
      assert.equal((await site.settle(released, { outcome: "released" })).status, "ok");
      const lease = only(await site.lease(queue, { waitSeconds: 20 }));
      assert.deepEqual([lease.job.id, lease.job.attempt], [id, 1]);
      assert.equal((await site.settle(released, { outcome: "completed", result: "stale" })).status, "lease_lost");
      for (let time = 0; time < 2; time += 1)
        assert.equal((await site.settle(lease, { outcome: "completed", result: "mine" })).status, "ok");
      assert.equal((await site.settle(lease, FAILED)).status, "lease_lost");
      assert.equal((await site.expect(200, `GET /api/v1/jobs/${id}`)).result, "mine");
    },
  },
  {
    title: "a lease that nobody keeps alive is given to another",
    async run(site) {
      const queue = site.newQueue();
      const { id } = await site.enqueue({ ...KIND, queue, backoff: { type: "fixed", baseSeconds: 0 } });
      const dead = only(await site.lease(queue, { leaseSeconds: 5 }));
      // Up to the minute of a host whose ticks come once a minute.
      let next: Awaited<ReturnType<typeof site.lease>> = [];
      for (let tries = 0; next.length === 0 && tries < 4; tries += 1) next = await site.lease(queue, { waitSeconds: 25 });
      assert.deepEqual([only(next).job.id, only(next).job.attempt], [id, 2]);
      assert.equal((await site.settle(dead, { outcome: "completed" })).status, "lease_lost");
      assert.equal((await site.settle(only(next), { outcome: "completed" })).status, "ok");
    },
  },
  {
    title: "a paused queue gives nothing, a limited one no more than its limit, and both say why",
    async run(site) {
      const queue = site.newQueue();
      const jobs = Array(3).fill({ ...KIND, queue });
      const { items } = await site.expect(201, "POST /api/v1/jobs/batch", { json: { jobs } });
      const id = items[2].id;
      await site.expect(200, `POST /api/v1/queues/${queue}/pause`);
      assert.deepEqual(await site.lease(queue, { max: 3 }), []);
      const reasons = async () =>
        (await site.expect(200, `GET /api/v1/jobs/${id}/explain`)).waitingFor.map(({ reason }: { reason: string }) => reason);
      assert.ok((await reasons()).includes("queue_paused"));
      await site.expect(200, `PUT /api/v1/queues/${queue}`, { json: { concurrency: 1 } });
      await site.expect(200, `POST /api/v1/queues/${queue}/resume`);
      const first = only(await site.lease(queue, { max: 3 }));
      assert.ok((await reasons()).includes("concurrency"));
      await site.settle(first, { outcome: "completed" });
      await site.settle(only(await site.lease(queue, { max: 3 })), { outcome: "completed" });
      const stats = await site.expect(200, `GET /api/v1/queues/${queue}/stats`);
      assert.deepEqual([stats.counts.completed, stats.counts.queued], [2, 1]);
    },
  },
];
