// The end-to-end suite on the profiles of this folder: the bundle for Cloudflare in miniflare, and Deno over Postgres and Redis.
import { inject } from "vitest";
import { describeProfile } from "../e2e/suite/describe-profile.ts";
import { createTestDatabase } from "../support/databases.ts";
import { startEdge } from "../support/start-edge.ts";
import { makeTestKey } from "../support/start-millrace.ts";
import { DENO_PERMISSIONS, startDeno } from "./support/deno-process.ts";

const skip = inject("postgresUrl") === null || inject("redisUrl") === null;

describeProfile(
  "edge (Cloudflare)",
  async () => {
    const edge = await startEdge(7);
    const capabilities = { httpUrl: `${edge.url}/health`, webSocket: true };
    return { target: { baseUrl: edge.url, key: edge.adminKey, capabilities }, stop: edge.close };
  },
  { skip },
);

describeProfile(
  "self-hosted (Deno)",
  async () => {
    const database = await createTestDatabase();
    const key = makeTestKey();
    const deno = await startDeno(DENO_PERMISSIONS, () => ({
      DATABASE_URL: database.url,
      REDIS_URL: inject("redisUrl") ?? "",
      MILLRACE_ADMIN_KEY: key,
      MILLRACE_HTTP_ALLOW: "127.0.0.0/8",
    }));
    return {
      target: { baseUrl: deno.url, key, capabilities: { httpUrl: `${deno.url}/health`, webSocket: true } },
      async stop() {
        await deno.stop();
        await database.drop();
      },
    };
  },
  { skip },
);
