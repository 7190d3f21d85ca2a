// The runner's side of the HTTP contract in memory, so that a test can take the API away, slow it down or let a lease go.
// It checks every request against the contract and remembers what was wrong with any of them.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { z } from "zod";
import { type JobId, toId, toLeaseToken, type UploadId } from "../../../src/contract/ids.ts";
import type { Job, LogLine } from "../../../src/contract/job.ts";
import { AcquireInput, HeartbeatInput, SettleInput } from "../../../src/contract/lease.ts";

export const KEY = "mr_test_runner_key_0123456789abcdef";

export interface RemoteJob {
  job: Job;
  token: string | null;
  leaseExpiresAt: number;
  cancelRequested: boolean;
  logs: Pick<LogLine, "seq" | "stream" | "line">[];
  progress: { fraction: number; message: string | null }[];
  artifacts: { name: string; uploadId: string }[];
  /** Every settle that changed something, in order. */
  settles: { outcome: string; error?: { code: string; message: string; retryable: boolean; details?: unknown } | undefined }[];
  leasedBy: string[];
}

export interface RemoteApi {
  readonly url: string;
  readonly uploads: Map<string, { name: string; contentType: string; content: Buffer }>;
  /** What requests did against the contract; a test expects none. */
  readonly violations: string[];
  readonly requests: { path: string; at: number }[];
  drain: boolean;
  /** Answers settles with this status while set. */
  failSettlesWith: number | undefined;
  enqueue(kind: string, payload: unknown, options?: Partial<Job>): JobId;
  upload(content: string | Buffer, name?: string): UploadId;
  job(id: JobId): RemoteJob;
  cancel(id: JobId): void;
  /** Resolves with the job once it is so. */
  until(id: JobId, isSo: (job: RemoteJob) => boolean, timeoutMs?: number): Promise<RemoteJob>;
  untilState(id: JobId, state: Job["state"], timeoutMs?: number): Promise<RemoteJob>;
  /** Takes the API away, connections and all, and brings it back at the same address. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export async function startRemoteApi(): Promise<RemoteApi> {
  const jobs = new Map<JobId, RemoteJob>();
  const uploads: RemoteApi["uploads"] = new Map();
  const violations: string[] = [];
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const watcher of [...watchers]) watcher();
  };
  const uuids = new Map<JobId, string>();

  function rescue(): void {
    for (const remote of jobs.values()) {
      if (remote.token && Date.now() > remote.leaseExpiresAt) {
        remote.token = null;
        remote.job.state = remote.job.attempt >= remote.job.maxAttempts ? "failed" : "queued";
      }
    }
    changed();
  }
  const sweeper = setInterval(rescue, 100);

  function take(input: z.infer<typeof AcquireInput>) {
    const due = [...jobs.values()].filter(
      ({ job }) =>
        job.state === "queued" &&
        Date.parse(job.runAt) <= Date.now() &&
        input.queues.includes(job.queue) &&
        (input.kinds?.includes(job.kind) ?? true),
    );
    return due.slice(0, input.max).map((remote) => {
      remote.job.state = "running";
      remote.job.attempt += 1;
      remote.token = toLeaseToken(uuids.get(remote.job.id) as string, randomUUID());
      remote.leaseExpiresAt = Date.now() + input.leaseSeconds * 1000;
      remote.leasedBy.push(input.runnerId);
      changed();
      return { leaseToken: remote.token, expiresAt: new Date(remote.leaseExpiresAt).toISOString(), job: structuredClone(remote.job) };
    });
  }

  const heldBy = (token: string) => [...jobs.values()].find((remote) => remote.token === token);

  async function acquire(input: z.infer<typeof AcquireInput>, isGone: () => boolean) {
    const until = Date.now() + input.waitSeconds * 1000;
    for (;;) {
      if (isGone()) return { leases: [], drain: false };
      const leases = take(input);
      if (leases.length > 0 || Date.now() >= until || api.drain) return { leases, drain: api.drain };
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50);
        const wake = () => {
          clearTimeout(timer);
          watchers.delete(wake);
          resolve();
        };
        watchers.add(wake);
      });
    }
  }

  function heartbeat(input: z.infer<typeof HeartbeatInput>) {
    const answer = {
      extended: [] as string[],
      cancelled: [] as string[],
      lost: [] as string[],
      drain: api.drain,
      nextHeartbeatSeconds: 20,
    };
    for (const { leaseToken, progress, logs = [] } of input.leases) {
      const remote = heldBy(leaseToken);
      if (!remote) {
        answer.lost.push(leaseToken);
        continue;
      }
      remote.leaseExpiresAt = Math.max(remote.leaseExpiresAt, Date.now() + 5000);
      (remote.cancelRequested ? answer.cancelled : answer.extended).push(leaseToken);
      if (progress) {
        remote.progress.push({ fraction: progress.fraction, message: progress.message ?? null });
        remote.job.progress = { fraction: progress.fraction, message: progress.message ?? null };
      }
      for (const log of logs) if (!remote.logs.some(({ seq }) => seq === log.seq)) remote.logs.push(log);
    }
    changed();
    return answer;
  }

  async function settle(input: z.infer<typeof SettleInput>) {
    const items = input.items.map((item) => {
      const remote = heldBy(item.leaseToken);
      if (!remote) return { leaseToken: item.leaseToken, status: "lease_lost", state: null };
      const { job } = remote;
      remote.token = null;
      remote.settles.push({ outcome: item.outcome, error: item.error });
      job.usage = item.usage ?? null;
      remote.artifacts.push(...(item.artifacts ?? []));
      if (remote.cancelRequested) job.state = "cancelled";
      else if (item.outcome === "completed") {
        job.state = "completed";
        job.result = item.result;
      } else if (item.outcome === "released") {
        job.state = "queued";
        job.attempt -= 1;
      } else {
        job.error = item.error ?? null;
        job.state = item.error?.retryable === false || job.attempt >= job.maxAttempts ? "failed" : "queued";
      }
      return { leaseToken: item.leaseToken, status: remote.cancelRequested ? "cancelled" : "ok", state: job.state };
    });
    const leases = input.acquire ? take(input.acquire) : undefined;
    changed();
    return { items, ...(leases ? { leases } : {}), drain: api.drain };
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").split("?")[0] ?? "";
    api.requests.push({ path, at: performance.now() });
    const problem = (status: number, code: string, detail: string, errors?: unknown) =>
      response
        .writeHead(status, { "content-type": "application/problem+json" })
        .end(JSON.stringify({ type: "about:blank", title: code, status, detail, instance: path, code, requestId: "req_test", errors }));
    const answer = (value: unknown, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (request.headers.authorization !== `Bearer ${KEY}`) return void problem(401, "unauthorized", "Authentication is needed.");

    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const parse = <Schema extends z.ZodType>(schema: Schema): z.output<Schema> | null => {
      const parsed = schema.safeParse(JSON.parse(body.toString()));
      if (parsed.success) return parsed.data;
      violations.push(`${path}: ${parsed.error.message}`);
      problem(
        422,
        "invalid",
        "The request is not valid.",
        parsed.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message })),
      );
      return null;
    };
    if (path === "/api/v1/leases") {
      const input = parse(AcquireInput);
      if (input) answer(await acquire(input, () => request.socket.destroyed));
    } else if (path === "/api/v1/leases/heartbeat") {
      const input = parse(HeartbeatInput);
      if (input) answer(heartbeat(input));
    } else if (path === "/api/v1/leases/settle") {
      if (api.failSettlesWith)
        return void problem(api.failSettlesWith, api.failSettlesWith === 422 ? "invalid" : "unavailable", "Refused by the test.");
      const input = parse(SettleInput);
      if (input) answer(await settle(input));
    } else if (path === "/api/v1/uploads" && request.method === "POST") {
      const id = store(decodeURIComponent(String(request.headers["x-filename"])), body, String(request.headers["content-type"]));
      answer({ id, name: "", contentType: "", sizeBytes: body.length, sha256: "", createdAt: new Date().toISOString() }, 201);
    } else if (path.endsWith("/content")) {
      const found = uploads.get(path.split("/")[4] as string);
      if (found) response.writeHead(200, { "content-type": found.contentType }).end(found.content);
      else problem(404, "not_found", "There is no such upload.");
    } else problem(404, "not_found", `Nothing at ${path}.`);
  }

  function store(name: string, content: Buffer, contentType: string): UploadId {
    const id = toId("upl", randomUUID()) as UploadId;
    uploads.set(id, { name, contentType, content });
    return id;
  }

  let server: Server;
  let port = 0;
  const listen = () =>
    new Promise<void>((resolve) => {
      server = createServer((request, response) => {
        route(request, response).catch((error: unknown) => {
          if (!request.socket.destroyed) violations.push(`${request.url}: ${error}`);
          response.destroy();
        });
      });
      server.listen(port, "127.0.0.1", () => {
        port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  await listen();
  const goAway = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });

  const api: RemoteApi = {
    url: `http://127.0.0.1:${port}`,
    uploads,
    violations,
    requests: [],
    drain: false,
    failSettlesWith: undefined,
    enqueue(kind, payload, options = {}) {
      const uuid = randomUUID();
      const id = toId("job", uuid) as JobId;
      uuids.set(id, uuid);
      jobs.set(id, {
        job: { ...blankJob(id, kind, payload), ...options },
        token: null,
        leaseExpiresAt: 0,
        cancelRequested: false,
        logs: [],
        progress: [],
        artifacts: [],
        settles: [],
        leasedBy: [],
      });
      changed();
      return id;
    },
    upload: (content, name = "file") => store(name, Buffer.from(content), "application/octet-stream"),
    job: (id) => jobs.get(id) as RemoteJob,
    cancel(id) {
      const remote = jobs.get(id) as RemoteJob;
      if (remote.job.state === "queued") remote.job.state = "cancelled";
      else remote.cancelRequested = true;
    },
    until(id, isSo, timeoutMs = 20_000) {
      return new Promise((resolve, reject) => {
        const remote = jobs.get(id) as RemoteJob;
        const check = () => {
          if (!isSo(remote)) return;
          clearTimeout(timer);
          watchers.delete(check);
          resolve(remote);
        };
        const timer = setTimeout(() => {
          watchers.delete(check);
          reject(
            new Error(
              `it did not come to that; the job is ${JSON.stringify({ ...remote.job, settles: remote.settles, logs: remote.logs.slice(-5) })}`,
            ),
          );
        }, timeoutMs);
        watchers.add(check);
        check();
      });
    },
    untilState: (id, state, timeoutMs) => api.until(id, ({ job }) => job.state === state, timeoutMs),
    goAway,
    comeBack: listen,
    async close() {
      clearInterval(sweeper);
      await goAway().catch(() => undefined);
    },
  };
  return api;
}

function blankJob(id: JobId, kind: string, payload: unknown): Job {
  const now = new Date().toISOString();
  return {
    id,
    queue: "gpu",
    kind,
    state: "queued",
    priority: 0,
    payload,
    result: null,
    error: null,
    attempt: 0,
    maxAttempts: 3,
    progress: { fraction: 0, message: null },
    runAt: now,
    createdAt: now,
    startedAt: null,
    finishedAt: null,
    leaseExpiresAt: null,
    cancelRequestedAt: null,
    runnerId: null,
    uniqueKey: null,
    concurrencyKey: null,
    tags: [],
    requires: { gpus: 0, vramMib: 0, model: null, labels: {} },
    backoff: { type: "exponential", baseSeconds: 0, capSeconds: 0, jitter: false },
    timeoutSeconds: 60,
    ttlSeconds: null,
    scheduleId: null,
    flowId: null,
    usage: null,
  };
}
