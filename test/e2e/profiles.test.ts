// The same end-to-end suite on every profile that runs here: embedded, and self-hosted with the API and the consumer apart.
import { inject } from "vitest";
import { deploy } from "../selfhost/support/millrace-process.ts";
import { createTestDatabase } from "../support/databases.ts";
import { startMillrace } from "../support/start-millrace.ts";
import { describeProfile } from "./suite/describe-profile.ts";

const LOOPBACK = "127.0.0.0/8";

describeProfile("embedded", async () => {
  const millrace = await startMillrace({ runner: false, env: { MILLRACE_HTTP_ALLOW: LOOPBACK } });
  const capabilities = { httpUrl: `${millrace.url}/health`, webSocket: true };
  return { target: { baseUrl: millrace.url, key: millrace.adminKey, capabilities }, stop: millrace.stop };
});

const isMissing = inject("postgresUrl") === null || inject("redisUrl") === null;

describeProfile(
  "self-hosted",
  async () => {
    const database = await createTestDatabase();
    const deployment = await deploy({ databaseUrl: database.url, redisUrl: inject("redisUrl") as string });
    const api = await deployment.start({ role: "api" });
    await deployment.start({ role: "consumer" });
    return {
      target: { baseUrl: api.url, key: api.key, capabilities: { httpUrl: `${api.url}/health`, webSocket: true } },
      async stop() {
        await deployment.stop();
        await database.drop();
      },
    };
  },
  { skip: isMissing },
);
