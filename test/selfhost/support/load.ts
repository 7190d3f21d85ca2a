// Load on a deployment whose processes die all the time, recorded as a history: clients that repeat an enqueue under its
// idempotency key until it is answered, and scripted runners that lease, beat and settle through every API.
import type { AcquireCall, EnqueueCall, HeartbeatCall, SettleCall } from "../../history/history.ts";
import { createRecorder, type Recorder } from "../../history/recorder.ts";
import type { Answer, MillraceProcess } from "./millrace-process.ts";

export type Load = {
  recorder: Recorder;
  /** Ids of every acknowledged job. */
  acknowledged: Set<string>;
  /** Answers that the contract does not know. */
  unexpected: unknown[];
  /** No new jobs; the runners go on. */
  stopClients(): Promise<void>;
  stopRunners(): Promise<void>;
};

type Options = { apis: readonly MillraceProcess[]; clients: number; runners: number; urlOf: (job: string) => string };
const PAUSE_MILLISECONDS = 20;
const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));

export function startLoad({ apis, clients, runners, urlOf }: Options): Load {
  const recorder = createRecorder();
  const acknowledged = new Set<string>();
  const unexpected: unknown[] = [];
  let isEnqueuing = true;
  let isRunning = true;
  let turn = 0;

  /** Any API: null where it is away or its answer got lost. */
  async function ask(path: string, json: unknown, headers: Record<string, string> = {}): Promise<Answer | null> {
    const api = apis[turn++ % apis.length] as MillraceProcess;
    const answer = await api.ask("POST", path, json, headers).catch(() => null);
    if (answer && answer.status >= 300 && answer.status !== 503) unexpected.push({ path, ...answer });
    return answer && answer.status < 300 ? answer : null;
  }

  async function client(index: number): Promise<void> {
    for (let n = 0; isEnqueuing; n += 1) {
      const name = `c${index}-${n}`;
      const kind = n % 2 ? "http" : "command";
      const queue = kind === "http" ? "web" : "pull";
      const body = { queue, kind, maxAttempts: 20, backoff: { type: "fixed", baseSeconds: 0.1 }, payload: { url: urlOf(name) } };
      const job = { queue, kind, uniqueKey: null, maxAttempts: 20, priority: 0 };
      const call = await recorder.record<EnqueueCall>({ op: "enqueue", jobs: [job], idempotency: null }, async () => {
        for (;;) {
          const answer = await ask("/api/v1/jobs", body, { "idempotency-key": name });
          // A replay is the answer to a request whose first answer was lost: to this client it is the first.
          if (answer) return { items: [{ id: answer.body.id, created: true }], replayed: false };
          await pause();
        }
      });
      for (const { id } of call.answer?.items ?? []) acknowledged.add(id);
    }
  }

  async function runner(index: number): Promise<void> {
    const runnerId = `runner-${index}`;
    while (isRunning) {
      const asked = { runner: runnerId, queues: ["pull"], kinds: null, labels: {}, max: 5 };
      const acquired = await recorder.record<AcquireCall>({ op: "acquire", ...asked }, async () => {
        const answer = await ask("/api/v1/leases", { runnerId, queues: ["pull"], max: 5, leaseSeconds: 5, waitSeconds: 1 });
        const leases = (answer?.body.leases ?? []) as { leaseToken: string; job: Omit<AcquireJob, "job"> & { id: string } }[];
        return { leases: leases.map(({ leaseToken, job: { id, ...job } }) => ({ ...pick(job), token: leaseToken, job: id, labels: {} })) };
      });
      const tokens = (acquired.answer?.leases ?? []).map(({ token }) => token);
      if (tokens.length === 0) await pause();
      else await work(runnerId, tokens);
    }
  }

  async function work(runnerId: string, tokens: string[]): Promise<void> {
    await recorder.record<HeartbeatCall>({ op: "heartbeat", beats: [] }, async () => {
      await ask("/api/v1/leases/heartbeat", {
        runnerId,
        leases: tokens.map((leaseToken) => ({ leaseToken, progress: { fraction: 0.5 } })),
      });
      return { extended: [], cancelled: [], lost: [] };
    });
    const items = tokens.map((token) => ({ token, outcome: "completed" as const, retryable: true, result: `result of ${token}` }));
    await recorder.record<SettleCall>({ op: "settle", items }, async () => {
      const body = { runnerId, items: items.map(({ token, outcome, result }) => ({ leaseToken: token, outcome, result })) };
      // Settling again is answered like the first time, so a lost answer is asked for again.
      for (;;) {
        const answer = await ask("/api/v1/leases/settle", body);
        if (answer)
          return { items: answer.body.items.map(({ leaseToken, ...item }: { leaseToken: string }) => ({ token: leaseToken, ...item })) };
        await pause();
      }
    });
  }

  const allClients = Array.from({ length: clients }, (_, index) => client(index));
  const allRunners = Array.from({ length: runners }, (_, index) => runner(index));
  return {
    recorder,
    acknowledged,
    unexpected,
    async stopClients() {
      isEnqueuing = false;
      await Promise.all(allClients);
    },
    async stopRunners() {
      isRunning = false;
      await Promise.all(allRunners);
    },
  };
}

type AcquireJob = { job: string; queue: string; kind: string; priority: number; attempt: number };

function pick({ queue, kind, priority, attempt }: Omit<AcquireJob, "job">) {
  return { queue, kind, priority, attempt };
}
