// Jobs as their owners see them: enqueued once, waited for, delayed, cancelled, listed.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type E2eCase, only } from "./site.ts";

const KIND = { kind: "command" };

export const jobCases: E2eCase[] = [
  {
    title: "a job is enqueued, leased, reported on, settled and read back",
    async run(site) {
      const queue = site.newQueue();
      const payload = { text: "é🙂", nested: [1, null, { deep: true }] };
      const { status, headers, body: job } = await site.ask("POST", "/api/v1/jobs", { json: { ...KIND, queue, payload, tags: ["e2e"] } });
      assert.equal(status, 201);
      assert.equal(headers.get("location"), `/api/v1/jobs/${job.id}`);
      assert.match(job.id, /^job_[0-9a-z]{26}$/);
      assert.equal(job.state, "queued");
      const lease = only(await site.lease(queue));
      assert.deepEqual([lease.job.id, lease.job.attempt, lease.job.payload], [job.id, 1, payload]);
      const logs = [{ seq: 1, at: new Date().toISOString(), stream: "stdout", line: "half way" }];
      const leases = [{ leaseToken: lease.leaseToken, progress: { fraction: 0.5, message: "half" }, logs }];
      const beat = await site.expect(200, "POST /api/v1/leases/heartbeat", { json: { runnerId: "e2e-runner", leases } });
      assert.deepEqual([beat.extended, beat.cancelled, beat.lost], [[lease.leaseToken], [], []]);
      const running = await site.expect(200, `GET /api/v1/jobs/${job.id}`);
      assert.deepEqual([running.state, running.progress], ["running", { fraction: 0.5, message: "half" }]);
      assert.deepEqual(await site.settle(lease, { outcome: "completed", result: { answer: 42 } }), {
        leaseToken: lease.leaseToken,
        status: "ok",
        state: "completed",
      });
      const done = await site.expect(200, `GET /api/v1/jobs/${job.id}`);
      assert.deepEqual([done.state, done.result, done.attempt], ["completed", { answer: 42 }, 1]);
      const attempts = await site.expect(200, `GET /api/v1/jobs/${job.id}/attempts`);
      assert.deepEqual(
        attempts.items.map(({ outcome }: { outcome: string }) => outcome),
        ["completed"],
      );
      const stored = await site.expect(200, `GET /api/v1/jobs/${job.id}/logs`);
      assert.deepEqual(
        stored.items.map(({ line }: { line: string }) => line),
        ["half way"],
      );
    },
  },
  {
    title: "Prefer: wait answers when the job is over, and with 202 when the wait is",
    async run(site) {
      const queue = site.newQueue();
      const asking = site.ask("POST", "/api/v1/jobs", { json: { ...KIND, queue }, headers: { prefer: "wait=20" } });
      await site.settle(only(await site.lease(queue, { waitSeconds: 20 })), { outcome: "completed", result: "soon" });
      const { status, body } = await asking;
      assert.ok(status === 200 || status === 201, `answered ${status}`);
      assert.deepEqual([body.state, body.result], ["completed", "soon"]);
      assert.equal((await site.ask("POST", "/api/v1/jobs", { json: { ...KIND, queue }, headers: { prefer: "wait=1" } })).status, 202);
    },
  },
  {
    title: "a unique key has one unfinished job; an idempotency key has one answer",
    async run(site) {
      const queue = site.newQueue();
      const unique = { ...KIND, queue, uniqueKey: "one" };
      const first = await site.enqueue(unique);
      assert.equal((await site.expect(200, "POST /api/v1/jobs", { json: unique })).id, first.id);
      await site.settle(only(await site.lease(queue)), { outcome: "completed" });
      assert.notEqual((await site.enqueue(unique)).id, first.id);

      const headers = { "idempotency-key": randomUUID() };
      const json = { ...KIND, queue, payload: { n: 1 } };
      const original = await site.ask("POST", "/api/v1/jobs", { json, headers });
      const again = await site.ask("POST", "/api/v1/jobs", { json, headers });
      assert.equal(again.headers.get("idempotency-replayed"), "true");
      assert.deepEqual([again.status, again.body], [original.status, original.body]);
      const other = await site.expect(422, "POST /api/v1/jobs", { json: { ...json, payload: { n: 2 } }, headers });
      assert.equal(other.code, "idempotency_mismatch");
    },
  },
  {
    title: "a batch is enqueued in order, all or nothing",
    async run(site) {
      const queue = site.newQueue();
      const jobs = Array.from({ length: 500 }, (_, n) => ({ ...KIND, queue, payload: { n } }));
      const { items } = await site.expect(201, "POST /api/v1/jobs/batch", { json: { jobs } });
      assert.equal(new Set(items.map(({ id }: { id: string }) => id)).size, 500);
      const leases = await site.lease(queue, { max: 500 });
      assert.deepEqual(
        leases.map(({ job }) => job.id),
        items.map(({ id }: { id: string }) => id),
      );
      const wrong = [...jobs.slice(0, 3), { ...KIND, queue, priority: 1000 }];
      const problem = await site.expect(422, "POST /api/v1/jobs/batch", { json: { jobs: wrong } });
      assert.match(problem.errors[0].path, /jobs\[3\]\.priority/);
      assert.deepEqual(await site.lease(queue), []);
    },
  },
  {
    title: "a delayed job waits, and may be promoted; higher priorities come first",
    async run(site) {
      const queue = site.newQueue();
      const later = await site.enqueue({ ...KIND, queue, delaySeconds: 3600 });
      assert.equal(later.state, "scheduled");
      assert.deepEqual(await site.lease(queue), []);
      assert.equal((await site.expect(200, `POST /api/v1/jobs/${later.id}/promote`)).state, "queued");
      const urgent = await site.enqueue({ ...KIND, queue, priority: 10 });
      assert.deepEqual(
        (await site.lease(queue, { max: 2 })).map(({ job }) => job.id),
        [urgent.id, later.id],
      );
      const soon = await site.enqueue({ ...KIND, queue, delaySeconds: 1 });
      assert.equal(only(await site.lease(queue, { waitSeconds: 20 })).job.id, soon.id);
    },
  },
  {
    title: "a job is cancelled while it waits and while it runs, and stays cancelled",
    async run(site) {
      const queue = site.newQueue();
      const waiting = await site.enqueue({ ...KIND, queue });
      assert.equal((await site.expect(200, `POST /api/v1/jobs/${waiting.id}/cancel`)).state, "cancelled");
      await site.expect(409, `POST /api/v1/jobs/${waiting.id}/cancel`);
      const { id } = await site.enqueue({ ...KIND, queue });
      const lease = only(await site.lease(queue));
      await site.expect(200, `POST /api/v1/jobs/${id}/cancel`);
      const json = { runnerId: "e2e-runner", leases: [{ leaseToken: lease.leaseToken }] };
      assert.deepEqual((await site.expect(200, "POST /api/v1/leases/heartbeat", { json })).cancelled, [lease.leaseToken]);
      assert.equal((await site.settle(lease, { outcome: "completed", result: 1 })).status, "cancelled");
      assert.equal((await site.expect(200, `GET /api/v1/jobs/${id}`)).state, "cancelled");
    },
  },
  {
    title: "jobs are listed by what they are, page by page, newest first",
    async run(site) {
      const queue = site.newQueue();
      const jobs = Array.from({ length: 5 }, (_, n) => ({ ...KIND, queue, tags: [n % 2 ? "odd" : "even"] }));
      const { items } = await site.expect(201, "POST /api/v1/jobs/batch", { json: { jobs } });
      const ids = items.map(({ id }: { id: string }) => id).reverse();
      const first = await site.expect(200, `GET /api/v1/jobs?queue=${queue}&limit=3`);
      const second = await site.expect(200, `GET /api/v1/jobs?queue=${queue}&limit=3&cursor=${first.nextCursor}`);
      assert.deepEqual(
        [...first.items, ...second.items].map(({ id }) => id),
        ids,
      );
      assert.equal(second.nextCursor, null);
      assert.equal((await site.expect(200, `GET /api/v1/jobs?queue=${queue}&tag=odd`)).items.length, 2);
      assert.equal((await site.expect(200, `GET /api/v1/jobs?queue=${queue}&state=completed`)).items.length, 0);
    },
  },
];
