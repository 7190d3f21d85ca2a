// Runs once per Vitest run: starts the shared servers and tells every suite where they are.
import type { TestProject } from "vitest/node";
import { startPostgres } from "./servers/postgres-server.ts";
import { startRedis } from "./servers/redis-server.ts";
import type { TestServer } from "./servers/test-server.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Null where the machine has none and may skip; never with CI set. */
    postgresUrl: string | null;
    redisUrl: string | null;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, redis] = await Promise.all([startOrSay(startPostgres), startOrSay(startRedis)]);
  project.provide("postgresUrl", postgres?.url ?? null);
  project.provide("redisUrl", redis?.url ?? null);
  return async () => {
    await Promise.all([postgres?.stop(), redis?.stop()]);
  };
}

/** With CI set a missing server fails the run; on somebody's laptop it costs the suites that need it, and says so. */
async function startOrSay(start: () => Promise<TestServer>): Promise<TestServer | null> {
  try {
    return await start();
  } catch (error) {
    if (process.env.CI) throw error;
    console.error(`⚠ Suites are skipped: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}
