// Brings every job to its end, so that "never ends" can be told from "has not ended yet", and takes down the tables.
import { toLeaseToken } from "../../src/contract/ids.ts";
import { leaseOnce } from "../../src/core/lease/acquire.ts";
import { toJob } from "../../src/db/job-row.ts";
import { foldCounts } from "../../src/db/queries/job-counts.ts";
import type { AcquireCall, QueueCall, SettleCall } from "./history.ts";
import { runSweep } from "./operations.ts";
import { readFinalState } from "./tables.ts";
import { QUEUES, type Worker, type World } from "./world.ts";

const MAX_ROUNDS = 200;

export async function drain(world: World): Promise<void> {
  const [worker] = world.workers;
  if (!worker) return;
  const { sql } = world.database;
  for (const queue of QUEUES) await openQueue(world, worker, queue);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const [left] = await sql<{ jobs: number }[]>`select count(*)::integer as jobs from millrace.jobs`;
    if (left?.jobs === 0) break;
    await sql`update millrace.jobs set lease_expires_at = now() where state = 'running'`;
    await sql`update millrace.jobs set run_at = now() where state = 'scheduled'`;
    await runSweep(world, worker);
    await completeSome(world, worker);
  }
  await foldCounts(worker.ports.db);
  world.recorder.entries.push(await readFinalState(world));
}

async function openQueue(world: World, worker: Worker, queue: string): Promise<void> {
  await world.recorder.record<QueueCall>({ op: "queue", queue, concurrency: null, paused: false }, async () => {
    await worker.engine.putQueue(world.identity, { name: queue, policy: { concurrency: null, paused: false } });
    return {};
  });
}

async function completeSome(world: World, worker: Worker): Promise<void> {
  const { recorder, identity } = world;
  const starts = (call: number) => {
    worker.call = call;
  };
  const asked = { runner: "drainer", queues: [...QUEUES], kinds: null, labels: { zone: "lab" }, max: 200 };
  const acquired = await recorder.record<AcquireCall>(
    { op: "acquire", ...asked },
    async () => {
      const { workspaceId } = identity;
      const rows = await leaseOnce(worker.ports, {
        workspaceId,
        runnerId: asked.runner,
        queues: asked.queues,
        labels: asked.labels,
        max: asked.max,
        leaseSeconds: 60,
      });
      return {
        leases: rows.map((row) => {
          const { id, queue, kind, priority, attempt, requires } = toJob(row);
          return { token: toLeaseToken(row.id, row.lease_token), job: id, queue, kind, labels: requires.labels, priority, attempt };
        }),
      };
    },
    starts,
  );
  const items = (acquired.answer?.leases ?? []).map(({ token }) => {
    world.uniqueLine += 1;
    return { token, outcome: "completed" as const, retryable: true, result: `result ${world.uniqueLine}` };
  });
  if (items.length === 0) return;
  await recorder.record<SettleCall>(
    { op: "settle", items },
    async () => {
      const settled = items.map(({ token, outcome, result }) => ({ leaseToken: token, outcome, result }));
      const answer = await worker.engine.settleLeases(identity, { runnerId: asked.runner, items: settled });
      return { items: answer.items.map(({ leaseToken, status, state }) => ({ token: leaseToken, status, state })) };
    },
    starts,
  );
}
