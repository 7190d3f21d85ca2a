// Every operation of the API, in the order of the reference.
import type { ApiMetrics } from "../metrics/api-metrics.ts";
import type { Authenticator } from "../middleware/authenticate.ts";
import type { Operation } from "../operation.ts";
import { publishEvent, streamEvents } from "./events/events.ts";
import { healthOperations, metricsOperation } from "./health/health.ts";
import { cancelJob, promoteJob, retryJob } from "./jobs/change.ts";
import { enqueueBatch, enqueueJob } from "./jobs/enqueue.ts";
import { explainJob, getJob, listArtifacts, listAttempts, listJobs, listLogs } from "./jobs/read.ts";
import { getResult, putResult } from "./jobs/result.ts";
import { createKey, listKeys, revokeKey } from "./keys/keys.ts";
import { sessionOperations } from "./keys/session.ts";
import { acquireLeases, heartbeatLeases, settleLeases } from "./leases/leases.ts";
import { getQueue, getQueueStats, listQueues, pauseQueue, putQueue, resumeQueue } from "./queues/queues.ts";
import { drainRunner, getRunner, listRunners } from "./runners/runners.ts";
import { generate, status, train } from "./seeds/train.ts";
import { unbuiltOperations } from "./unbuilt.ts";
import { getUploadContent } from "./uploads/content.ts";
import { createUpload, deleteUpload, getUpload, presignUpload } from "./uploads/uploads.ts";

export function allOperations({ authenticator, metrics }: { authenticator: Authenticator; metrics: ApiMetrics }): Operation[] {
  return [
    ...[
      enqueueJob,
      enqueueBatch,
      listJobs,
      getJob,
      cancelJob,
      retryJob,
      promoteJob,
      listAttempts,
      listLogs,
      listArtifacts,
      getResult,
      putResult,
      explainJob,
    ],
    ...[acquireLeases, heartbeatLeases, settleLeases],
    ...[listQueues, getQueue, putQueue, pauseQueue, resumeQueue, getQueueStats],
    ...[listRunners, getRunner, drainRunner],
    ...[createUpload, presignUpload, getUpload, getUploadContent, deleteUpload],
    ...[publishEvent, streamEvents],
    ...[train, generate, status],
    ...[createKey, listKeys, revokeKey(authenticator), ...sessionOperations(authenticator)],
    ...[...healthOperations, metricsOperation(metrics)],
    ...unbuiltOperations,
  ];
}
