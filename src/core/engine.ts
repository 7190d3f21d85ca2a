// The engine: every verb bound to the ports. A flat object of `(identity, input) => Promise<output>` whose arguments and
// results can cross an RPC, so that the API does not know whether the engine is in its own process.
import { type Call, type EnginePorts, type Identity, systemIdentity } from "./context.ts";
import { isDatabaseAway, rootMessage } from "./database-error.ts";
import { publishEvent } from "./event/publish.ts";
import { checkDatabase, readGauges, readJobCounts } from "./health/health.ts";
import { claimIdempotency, releaseIdempotency, storeAnswer } from "./idempotency/idempotency.ts";
import { cancelJob } from "./job/cancel.ts";
import { createEnqueue } from "./job/enqueue.ts";
import { explainJob } from "./job/explain.ts";
import { getJob } from "./job/get.ts";
import { listArtifacts, listAttempts, listLogs } from "./job/history.ts";
import { listJobs } from "./job/list.ts";
import { promoteJob } from "./job/promote.ts";
import { editResult, getResult } from "./job/result.ts";
import { retryJob } from "./job/retry.ts";
import { waitForJob } from "./job/wait.ts";
import { authenticate, closeSession, createKey, listKeys, openSession, revokeKey } from "./key/keys.ts";
import { acquireLeases } from "./lease/acquire.ts";
import { heartbeatLeases } from "./lease/heartbeat.ts";
import { abandonPoll } from "./lease/polls.ts";
import { settleLeases } from "./lease/settle.ts";
import { ProblemError } from "./problem-error.ts";
import { getQueue, getQueueStats, listQueues, pauseQueue, putQueue } from "./queue/queues.ts";
import { drainRunner, getRunner, listRunners } from "./runner/runners.ts";
import { allowUpload, deleteUpload, getUpload, recordUpload } from "./upload/uploads.ts";

const STATELESS_VERBS = {
  abandonPoll,
  acquireLeases,
  allowUpload,
  authenticate,
  cancelJob,
  checkDatabase,
  claimIdempotency,
  closeSession,
  createKey,
  deleteUpload,
  drainRunner,
  editResult,
  explainJob,
  getJob,
  getQueue,
  getQueueStats,
  getResult,
  getRunner,
  getUpload,
  heartbeatLeases,
  listArtifacts,
  listAttempts,
  listJobs,
  listKeys,
  listLogs,
  listQueues,
  listRunners,
  openSession,
  pauseQueue,
  promoteJob,
  publishEvent,
  putQueue,
  readGauges,
  readJobCounts,
  recordUpload,
  releaseIdempotency,
  retryJob,
  revokeKey,
  settleLeases,
  storeAnswer,
  waitForJob,
};

type Verbs = typeof STATELESS_VERBS & ReturnType<typeof createEnqueue>;
type Bound<Verb> = Verb extends (call: Call<infer Input>) => Promise<infer Output>
  ? (identity: Identity, input: Input) => Promise<Output>
  : never;

export type Engine = { [Name in keyof Verbs]: Bound<Verbs[Name]> };
export type VerbName = keyof Engine;

/** Nobody in particular: what unauthenticated verbs are called as. */
export const NOBODY: Identity = { ...systemIdentity(0), name: "nobody", scopes: [] };

export function createEngine(ports: EnginePorts): Engine {
  const verbs = { ...STATELESS_VERBS, ...createEnqueue(ports) };
  const bind = (verb: (call: Call<never>) => Promise<unknown>) => async (identity: Identity, input: unknown) => {
    try {
      return await verb({ ctx: { ...ports, identity }, input: input as never });
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      ports.logger.warn("the database is away", { error: rootMessage(error) });
      throw new ProblemError(
        "unavailable",
        "The database is away for the moment. Nothing was changed, or the answer was lost: ask again.",
        { retryAfterSeconds: 1 },
      );
    }
  };
  return Object.fromEntries(
    Object.entries(verbs).map(([name, verb]) => [name, bind(verb as (call: Call<never>) => Promise<unknown>)]),
  ) as Engine;
}
