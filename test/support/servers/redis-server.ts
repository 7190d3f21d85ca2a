// A private Redis for the tests: in memory, on a free port, gone with the run.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOrInstall } from "./find-program.ts";
import { connectTo, eventually, freePort } from "./free-port.ts";
import { startGuarded } from "./guarded-process.ts";
import type { TestServer } from "./test-server.ts";

/** `TEST_REDIS_URL` if set, else a server of our own. */
export async function startRedis(): Promise<TestServer> {
  const given = process.env.TEST_REDIS_URL;
  if (given) return { url: given, stop: async () => {} };

  const binary = findOrInstall({ title: "Redis", names: ["redis-server", "valkey-server"], debianPackage: "redis-server" });
  const folder = mkdtempSync(join(tmpdir(), "millrace-redis-"));
  const port = await freePort();
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const server = startGuarded({ argv: [binary, ...options], folder, stopSignal: "TERM" });
  await eventually(() => connectTo(port), { giveUp: server.assertRunning });
  return { url: `redis://127.0.0.1:${port}`, stop: server.stop };
}
