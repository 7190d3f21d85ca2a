// What lives as long as its process: the Postgres pool, the event bus, the notifier, the live connections, the consumer
// loop and the cron timer. workerd's resident object and the Deno process start the same.
import { clock } from "../../adapters/selfhost/clock.ts";
import { openDatabase } from "../../adapters/selfhost/database.ts";
import { createLogger } from "../../adapters/selfhost/logger.ts";
import { createJobMetrics } from "../../api/metrics/job-metrics.ts";
import type { EnginePorts } from "../../core/context.ts";
import { createEngine, type Engine } from "../../core/engine.ts";
import { startHousekeeper } from "../../cron/housekeeper.ts";
import { createTicker } from "../../cron/ticker.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Outbound } from "../../ports/outbound.ts";
import { createAddressPolicy } from "../../queue-consumers/address-policy.ts";
import { startConsumers } from "../../queue-consumers/consumers.ts";
import { createHandlers } from "../../queue-consumers/handlers/index.ts";
import type { WorkerSettings } from "../worker-settings.ts";
import { createHints } from "./hints.ts";
import { createLiveHub, type LiveHub, type UpgradeSocket } from "./live-hub.ts";

/** Docker kills after 10 s. */
const STOP_GRACE_MILLISECONDS = 5_000;

export type ResidentOptions = {
  settings: WorkerSettings;
  databaseUrl: string;
  redisUrl: string | null;
  outbound: Outbound;
  upgradeSocket: UpgradeSocket;
};

export type ResidentServices = {
  engine: Engine;
  hub: LiveHub;
  logger: Logger;
  /** Throws with what is wrong with Redis; null where there is none. */
  checkHints: (() => Promise<void>) | null;
  /** Before the process ends: the consumers finish what they can within seconds, and give the rest back. */
  stop(): Promise<void>;
  /** Prometheus lines of what lives here. */
  metrics(): string;
};

export function startResident({ settings, databaseUrl, redisUrl, outbound, upgradeSocket }: ResidentOptions): ResidentServices {
  const logger = createLogger({ level: settings.logLevel, fields: { name: "resident" } });
  const hints = createHints(redisUrl, logger);
  const jobMetrics = createJobMetrics();
  const ticker = createTicker(clock);
  const ports: EnginePorts = {
    db: openDatabase(databaseUrl, { max: settings.databaseConnections }).db,
    bus: jobMetrics.countingBus(hints.bus),
    notifier: hints.notifier,
    due: ticker,
    clock,
    logger,
  };
  const engine = createEngine(ports);
  const hub = createLiveHub(ports, { engine, upgradeSocket });
  const handlers = createHandlers(createAddressPolicy(settings.httpAllow));
  const consumers =
    settings.role === "api" ? null : startConsumers(ports, { handlers, outbound, concurrency: settings.consumerConcurrency });
  ticker.start(ports, { sweepSeconds: settings.sweepSeconds, onSweep: jobMetrics.observeSweep });
  startHousekeeper(ports);
  logger.info("the resident started");
  const stop = async () => consumers?.stop(STOP_GRACE_MILLISECONDS);
  return { engine, hub, logger, checkHints: hints.check, stop, metrics: () => hub.metrics() + jobMetrics.render() };
}
