// Millrace on Deno over Postgres and Redis by TCP: everything that is resident, and the routes, in one process. It takes the
// same variables as `npm run start:selfhost`.
import { createDirectoryService } from "../../adapters/deno/directory.ts";
import { createHasher } from "../../adapters/deno/hasher.ts";
import { createJudgingOutbound } from "../../adapters/deno/outbound.ts";
import { createDiskBlobStore } from "../../adapters/selfhost/blob-store.ts";
import { clock } from "../../adapters/selfhost/clock.ts";
import { createApp } from "../../api/app.ts";
import { createAddressPolicy } from "../../queue-consumers/address-policy.ts";
import { startResident } from "../resident/start-resident.ts";
import type { SelfhostOptions } from "../selfhost/options.ts";
import { servePage } from "../workerd/page.ts";
import { judgeBy, NO_EXECUTION, upgradeSocket } from "./host.ts";

const PAGES = new URL("../../../dist/ui", import.meta.url).pathname;

/** Addresses that are the API's even where a page of that name would do. */
const API_PATH = /^\/(api|health|metrics|ws)(\/|$)/;

export type ResidentOnDeno = { handle(request: Request): Promise<Response>; stop(): Promise<void> };

export function createResident(options: SelfhostOptions): ResidentOnDeno {
  const resident = startResident({
    settings: {
      role: options.ROLE,
      databaseConnections: options.MILLRACE_DATABASE_CONNECTIONS,
      maxUploadBytes: options.MILLRACE_MAX_UPLOAD_BYTES,
      sweepSeconds: options.MILLRACE_SWEEP_SECONDS,
      consumerConcurrency: options.MILLRACE_CONSUMER_CONCURRENCY,
      httpAllow: options.MILLRACE_HTTP_ALLOW,
      logLevel: options.LOG_LEVEL,
    },
    databaseUrl: options.DATABASE_URL,
    redisUrl: options.REDIS_URL ?? null,
    outbound: createJudgingOutbound(judgeBy(createAddressPolicy(options.MILLRACE_HTTP_ALLOW))),
    upgradeSocket,
  });
  const { engine, hub, logger, checkHints } = resident;
  const app = createApp({
    engine,
    blobs: createDiskBlobStore(createDirectoryService(`${options.MILLRACE_DATA}/blobs`)),
    createHasher,
    live: {
      openStream: async (request, identity) => hub.openStream(request, identity),
      openSocket: async (request, handshake) => hub.openSocket(request, handshake),
      metrics: async () => resident.metrics(),
    },
    clock,
    logger,
    config: { maxUploadBytes: options.MILLRACE_MAX_UPLOAD_BYTES },
    probes: checkHints ? { redis: checkHints } : {},
  });
  const pages = createDirectoryService(PAGES);
  return {
    async handle(request) {
      const isPage = (request.method === "GET" || request.method === "HEAD") && !API_PATH.test(new URL(request.url).pathname);
      return (isPage ? await servePage(request, pages) : null) ?? app.fetch(request, {}, NO_EXECUTION);
    },
    stop: resident.stop,
  };
}
