// The edge profile for tests: the bundle that wrangler would deploy, under miniflare with wrangler.toml's own bindings,
// talking by the vendors' clients to the emulators over a suite's Postgres and Redis.
import { dirname } from "node:path";
import { Miniflare } from "miniflare";
import { inject } from "vitest";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { buildEdgeIfStale, EDGE_BUNDLE } from "../../scripts/build/build-edge.ts";
import { ROOT } from "../../scripts/build/build-if-stale.ts";
import { openDatabase } from "../../src/adapters/selfhost/database.ts";
import { ensureKey } from "../../src/core/bootstrap.ts";
import { createTestDatabase, type TestDatabase } from "./databases.ts";
import { type NeonEmulator, startNeon } from "./emulators/neon.ts";
import { type QStashEmulator, startQStash } from "./emulators/qstash.ts";
import { startUpstash, type UpstashEmulator } from "./emulators/upstash.ts";
import { freePort } from "./servers/free-port.ts";
import { makeTestKey } from "./start-millrace.ts";

export interface EdgeVendors {
  database: TestDatabase;
  neon: NeonEmulator;
  upstash: UpstashEmulator;
  qstash: QStashEmulator;
  adminKey: string;
  /** The variables and secrets of a deployment at `url`. */
  variables(url: string): Record<string, string>;
  close(): Promise<void>;
}

export interface EdgeUnderTest extends EdgeVendors {
  url: string;
  /** Runs the cron trigger as of a time. */
  tick(at: Date): Promise<void>;
}

/** Each suite takes a Redis database of its own, so that suites may run side by side. */
export async function startVendors(redisDatabase: number): Promise<EdgeVendors> {
  const redisUrl = inject("redisUrl");
  if (redisUrl === null)
    throw new Error("This test needs Redis: set TEST_REDIS_URL or install it (Debian, Ubuntu: apt-get install redis-server).");
  const database = await createTestDatabase();
  const [neon, upstash, qstash] = await Promise.all([startNeon(database.url), startUpstash(redisUrl, redisDatabase), startQStash()]);
  const adminKey = makeTestKey();
  const { db, close } = openDatabase(database.url, { max: 1 });
  await ensureKey(db, { key: adminKey, name: "test admin", scopes: ["admin"] });
  await close();
  return {
    database,
    neon,
    upstash,
    qstash,
    adminKey,
    variables: (url) => ({
      DATABASE_URL: neon.databaseUrl,
      NEON_FETCH_ENDPOINT: neon.endpoint,
      UPSTASH_REDIS_REST_URL: upstash.url,
      UPSTASH_REDIS_REST_TOKEN: upstash.token,
      QSTASH_URL: qstash.url,
      QSTASH_TOKEN: qstash.token,
      QSTASH_CURRENT_SIGNING_KEY: qstash.currentSigningKey,
      QSTASH_NEXT_SIGNING_KEY: qstash.nextSigningKey,
      MILLRACE_URL: url,
      MILLRACE_HTTP_ALLOW: "private",
      LOG_LEVEL: "warn",
    }),
    async close() {
      await Promise.all([neon.close(), upstash.close(), qstash.close()]);
      await database.drop();
    },
  };
}

export async function startEdge(redisDatabase: number, variables: Record<string, string> = {}): Promise<EdgeUnderTest> {
  await buildEdgeIfStale();
  const vendors = await startVendors(redisDatabase);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { workerOptions } = unstable_getMiniflareWorkerOptions(`${ROOT}wrangler.toml`);
  const miniflare = new Miniflare({
    ...(workerOptions as object),
    name: "millrace",
    modulesRoot: dirname(EDGE_BUNDLE),
    modules: [{ type: "ESModule", path: EDGE_BUNDLE }],
    bindings: { ...workerOptions.bindings, ...vendors.variables(url), ...variables },
    host: "127.0.0.1",
    port,
  } as ConstructorParameters<typeof Miniflare>[0]);
  await miniflare.ready;
  return {
    ...vendors,
    url,
    async tick(at) {
      const worker = (await miniflare.getWorker()) as unknown as {
        scheduled(options: { scheduledTime: Date }): Promise<{ outcome: string }>;
      };
      const { outcome } = await worker.scheduled({ scheduledTime: at });
      if (outcome !== "ok") throw new Error(`The tick ended with ${outcome}.`);
    },
    async close() {
      await miniflare.dispose();
      await vendors.close();
    },
  };
}
