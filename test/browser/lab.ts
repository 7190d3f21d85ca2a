// A runner in the test's own hands: it leases from a queue of its own and does exactly what the test says, when it says.
import { randomUUID } from "node:crypto";
import type { Job, JobInput } from "../../src/contract/job.ts";
import type { HeartbeatResult, Lease } from "../../src/contract/lease.ts";
import type { Stage } from "./stage.ts";

type Stream = "stdout" | "stderr" | "event";

export interface Lab {
  queue: string;
  runnerId: string;
  enqueue: (job?: Partial<JobInput>) => Promise<Job>;
  take: () => Promise<Work>;
}

/** One attempt in the test's hands. */
export interface Work {
  job: Job;
  beat: (news: { fraction?: number; message?: string; lines?: [Stream, string][] }) => Promise<HeartbeatResult>;
  complete: (result: unknown) => Promise<void>;
  fail: (error: { code: string; message: string; retryable: boolean; details?: unknown }) => Promise<void>;
}

/** `name` says in the pages what the test is about. */
export async function openLab({ client }: Stage, name: string): Promise<Lab> {
  const queue = `${name}-${randomUUID().slice(0, 8)}`;
  const runnerId = `runner-${queue}`;
  await client.queues.put(queue, { mode: "pull" });

  async function take(): Promise<Work> {
    const { leases } = await client.leases.acquire({ runnerId, queues: [queue], waitSeconds: 10 });
    if (!leases[0]) throw new Error(`Queue ${queue} gave no lease.`);
    return work(leases[0]);
  }

  function work({ leaseToken, job }: Lease): Work {
    let seq = 0;
    const settle = async (item: object) => {
      await client.leases.settle({ runnerId, items: [{ leaseToken, ...item } as never] });
    };
    return {
      job,
      beat: ({ fraction, message, lines = [] }) => {
        const logs = lines.map(([stream, line]) => ({ seq: ++seq, at: new Date().toISOString(), stream, line }));
        const progress = fraction === undefined ? {} : { progress: { fraction, message: message ?? null } };
        return client.leases.heartbeat({ runnerId, leases: [{ leaseToken, logs, ...progress }] });
      },
      complete: (result) => settle({ outcome: "completed", result }),
      fail: (error) => settle({ outcome: "failed", error }),
    };
  }

  return { queue, runnerId, take, enqueue: (job = {}) => client.jobs.enqueue({ kind: "experiment", queue, ...job }) };
}
