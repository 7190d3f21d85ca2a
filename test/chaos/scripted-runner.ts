// A runner in a few lines, for jobs that do nothing: it speaks the protocol over HTTP, notes what it was answered, and
// goes on through every outage.
import type { Lease, SettleResult } from "../../src/contract/lease.ts";

export interface ScriptedRunner {
  /** Tokens whose completion was acknowledged, by job. */
  readonly completed: ReadonlyMap<string, Set<string>>;
  stop(): Promise<void>;
}

type Options = { url: string; key: string; runnerId: string; queue: string };

const LEASE_SECONDS = 5;
const BATCH = 20;
const RETRY_MILLISECONDS = 100;

export function startScriptedRunner({ url, key, runnerId, queue }: Options): ScriptedRunner {
  const completed = new Map<string, Set<string>>();
  const stopping = new AbortController();
  const acquire = { runnerId, queues: [queue], max: BATCH, leaseSeconds: LEASE_SECONDS, waitSeconds: 1 };

  async function post<Answer>(path: string, json: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(10_000)]);
    const response = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(json), signal });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return (await response.json()) as Answer;
  }

  async function loop(): Promise<void> {
    let leases: Lease[] = [];
    while (!stopping.signal.aborted) {
      try {
        if (leases.length === 0) {
          ({ leases } = await post<{ leases: Lease[] }>("/api/v1/leases", acquire));
          continue;
        }
        const items = leases.map(({ leaseToken }) => ({ leaseToken, outcome: "completed", result: { runnerId } }));
        // A lost answer is asked for again with the same tokens: settling twice is settling once.
        const answer = await post<SettleResult>("/api/v1/leases/settle", { runnerId, items, acquire });
        for (const [index, { status }] of answer.items.entries()) {
          const { job, leaseToken } = leases[index] as Lease;
          if (status === "ok") completed.set(job.id, (completed.get(job.id) ?? new Set()).add(leaseToken));
        }
        leases = answer.leases ?? [];
      } catch {
        if (!stopping.signal.aborted) await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
      }
    }
  }

  const ended = loop();
  return {
    completed,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
