// The resident: the one Durable Object of a workerd process. In workerd a socket belongs to the object that opened it, so
// everything that outlives a request lives here: the Postgres pool, the event bus, the notifier, the live connections,
// the consumer loop and the cron timer. It is made by the first request to the process and never evicted.
import { DurableObject } from "cloudflare:workers";
import { clock } from "../../adapters/selfhost/clock.ts";
import { openDatabase } from "../../adapters/selfhost/database.ts";
import { createLogger } from "../../adapters/selfhost/logger.ts";
import { createOutbound } from "../../adapters/selfhost/outbound.ts";
import { createJobMetrics, type JobMetrics } from "../../api/metrics/job-metrics.ts";
import type { EnginePorts, Identity } from "../../core/context.ts";
import { createEngine, type Engine } from "../../core/engine.ts";
import { startHousekeeper } from "../../cron/housekeeper.ts";
import { createTicker } from "../../cron/ticker.ts";
import type { Logger } from "../../ports/logger.ts";
import { createAddressPolicy } from "../../queue-consumers/address-policy.ts";
import { startConsumers } from "../../queue-consumers/consumers.ts";
import { createHandlers } from "../../queue-consumers/handlers/index.ts";
import { type Env, readSettings } from "./env.ts";
import { createHints, type Hints } from "./hints.ts";
import { acceptLive } from "./live.ts";
import { createLiveHub, type LiveHub } from "./live-hub.ts";
import { type Answer, answerVerb } from "./remote-engine.ts";

export class Resident extends DurableObject<Env> {
  readonly #engine: Engine;
  readonly #hub: LiveHub;
  readonly #hints: Hints;
  readonly #metrics: JobMetrics = createJobMetrics();
  readonly #logger: Logger;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    const settings = readSettings(env);
    if (!env.DATABASE_URL)
      throw new Error("DATABASE_URL is not set: expected a Postgres URL such as postgres://user:password@host:5432/millrace");
    this.#logger = createLogger({ level: settings.logLevel, fields: { name: "resident" } });
    this.#hints = createHints(env.REDIS_URL, this.#logger);
    const ticker = createTicker(clock);
    const ports: EnginePorts = {
      db: openDatabase(env.DATABASE_URL, { max: settings.databaseConnections }).db,
      bus: this.#metrics.countingBus(this.#hints.bus),
      notifier: this.#hints.notifier,
      due: ticker,
      clock,
      logger: this.#logger,
    };
    this.#engine = createEngine(ports);
    this.#hub = createLiveHub(ports, this.#engine);
    if (settings.role !== "api") {
      startConsumers(ports, {
        handlers: createHandlers(createAddressPolicy(settings.httpAllow)),
        outbound: createOutbound(env.OUTBOUND),
        concurrency: settings.consumerConcurrency,
      });
    }
    ticker.start(ports, { sweepSeconds: settings.sweepSeconds, onSweep: this.#metrics.observeSweep });
    startHousekeeper(ports);
    this.#logger.info("the resident started");
  }

  /** One verb of the engine; see `createRemoteEngine`. */
  call(verb: string, identity: Identity, input: unknown): Promise<Answer> {
    return answerVerb(this.#engine, this.#logger, { verb, identity, input });
  }

  /** An SSE stream or a WebSocket; see `createLive`. */
  override fetch(request: Request): Response {
    return acceptLive(request, this.#hub);
  }

  /** What is wrong with Redis; null where all is well or there is none. */
  async checkHints(): Promise<string | null> {
    try {
      await this.#hints.check?.();
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Prometheus lines of what lives here. */
  metrics(): string {
    return this.#hub.metrics() + this.#metrics.render();
  }
}
