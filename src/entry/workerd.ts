// The Worker that workerd runs: stateless routes and the dashboard's files in front of one resident object.
import { createDiskBlobStore } from "../adapters/selfhost/blob-store.ts";
import { clock } from "../adapters/selfhost/clock.ts";
import { createHasher } from "../adapters/selfhost/hasher.ts";
import { createLogger } from "../adapters/selfhost/logger.ts";
import { createApp } from "../api/app.ts";
import { STOP_PATH } from "./worker-settings.ts";
import { type Env, readSettings } from "./workerd/env.ts";
import { createLive, type LiveStub } from "./workerd/live.ts";
import { servePage } from "./workerd/page.ts";
import { createRemoteEngine, type EngineStub } from "./workerd/remote-engine.ts";

export { Resident } from "./workerd/resident.ts";

type StopStub = { stop(): Promise<void> };
type HintsStub = { checkHints(): Promise<string | null> };
type App = ReturnType<typeof createApp>;

let app: App | undefined;

function appFor(env: Env): App {
  if (app) return app;
  const settings = readSettings(env);
  const logger = createLogger({ level: settings.logLevel, fields: { name: "api" } });
  // The methods of workerd/resident.ts, as they look from the other side of an RPC.
  const resident = () => env.RESIDENT.get(env.RESIDENT.idFromName("resident")) as unknown as EngineStub & LiveStub & HintsStub;
  app = createApp({
    engine: createRemoteEngine(resident, logger),
    blobs: createDiskBlobStore(env.BLOBS),
    createHasher,
    live: createLive(resident),
    clock,
    logger,
    config: { maxUploadBytes: settings.maxUploadBytes },
    probes: env.REDIS_URL ? { redis: () => checkHints(resident) } : {},
  });
  return app;
}

async function checkHints(resident: () => HintsStub): Promise<void> {
  const trouble = await resident().checkHints();
  if (trouble !== null) throw new Error(trouble);
}

/** The supervisor's last word before it ends the process; for anybody else there is nothing at this address. */
async function stopResident(request: Request, env: Env): Promise<Response | null> {
  const { stopToken } = readSettings(env);
  if (!stopToken || request.headers.get("authorization") !== `Bearer ${stopToken}`) return null;
  const resident = env.RESIDENT.get(env.RESIDENT.idFromName("resident")) as unknown as StopStub;
  await resident.stop();
  return new Response(null, { status: 204 });
}

/** Addresses that are the API's even where a page of that name would do. */
const API_PATH = /^\/(api|health|metrics|ws)(\/|$)/;

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    const stopped = request.method === "POST" && pathname === STOP_PATH ? await stopResident(request, env) : null;
    if (stopped) return stopped;
    const isPage = (request.method === "GET" || request.method === "HEAD") && !API_PATH.test(pathname);
    const page = isPage ? await servePage(request, env.UI) : null;
    return page ?? appFor(env).fetch(request, env, context);
  },
} satisfies ExportedHandler<Env>;
