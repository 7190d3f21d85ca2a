// The resident: the one Durable Object of a workerd process. In workerd a socket belongs to the object that opened it, so
// everything that outlives a request lives here. It is made by the first request to the process and never evicted.
import { DurableObject } from "cloudflare:workers";
import { createOutbound } from "../../adapters/selfhost/outbound.ts";
import type { Identity } from "../../core/context.ts";
import type { UpgradeSocket } from "../resident/live-hub.ts";
import { type ResidentServices, startResident } from "../resident/start-resident.ts";
import { type Env, readSettings } from "./env.ts";
import { acceptLive } from "./live.ts";
import { type Answer, answerVerb } from "./remote-engine.ts";

export class Resident extends DurableObject<Env> {
  readonly #services: ResidentServices;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    if (!env.DATABASE_URL)
      throw new Error("DATABASE_URL is not set: expected a Postgres URL such as postgres://user:password@host:5432/millrace");
    this.#services = startResident({
      settings: readSettings(env),
      databaseUrl: env.DATABASE_URL,
      redisUrl: env.REDIS_URL,
      outbound: createOutbound(env.OUTBOUND),
      upgradeSocket,
    });
  }

  /** One verb of the engine; see `createRemoteEngine`. */
  call(verb: string, identity: Identity, input: unknown): Promise<Answer> {
    const { engine, logger } = this.#services;
    return answerVerb(engine, logger, { verb, identity, input });
  }

  /** An SSE stream or a WebSocket; see `createLive`. */
  override fetch(request: Request): Response {
    return acceptLive(request, this.#services.hub);
  }

  /** What is wrong with Redis; null where all is well or there is none. */
  async checkHints(): Promise<string | null> {
    try {
      await this.#services.checkHints?.();
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** See `ResidentServices.stop`. */
  stop(): Promise<void> {
    return this.#services.stop();
  }

  /** Prometheus lines of what lives here. */
  metrics(): string {
    return this.#services.metrics();
  }
}

const upgradeSocket: UpgradeSocket = (_request, protocol) => {
  const { 0: client, 1: socket } = new WebSocketPair();
  socket.accept();
  const headers: Record<string, string> = protocol ? { "sec-websocket-protocol": protocol } : {};
  return { socket, response: new Response(null, { status: 101, webSocket: client, headers }) };
};
