// Millrace on Deno: with Upstash's variables the edge profile, as on Deno Deploy; without, resident on a machine of one's own
// over Postgres and Redis by TCP (`npm run start:deno`). One is loaded, so Deploy never sees the other's files and sockets.
import { deno } from "./deno/runtime.ts";

const environment = deno.env.toObject();

if (environment["UPSTASH_REDIS_REST_URL"]) await serveEdge();
else await (await import("./deno/serve-resident.ts")).serveResident(environment);

async function serveEdge(): Promise<void> {
  const { createEdgeOnDeno } = await import("./deno/edge.ts");
  const edge = createEdgeOnDeno(environment);
  // Deploy itself chooses where to listen.
  const { HOST, PORT } = environment;
  deno.serve({ ...(HOST ? { hostname: HOST } : {}), ...(PORT ? { port: Number(PORT) } : {}) }, edge.handle);
  await deno.cron?.("tick", "* * * * *", edge.tick);
}
