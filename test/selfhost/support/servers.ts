// A Postgres and a Redis of a test's own, to be stopped and started again.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOrInstall } from "../../support/servers/find-program.ts";
import { connectTo, freePort } from "../../support/servers/free-port.ts";
import { canQuery, createCluster } from "../../support/servers/postgres-server.ts";
import { type Restartable, restartable } from "./restartable.ts";

export type OwnServer = Restartable & { remove(): Promise<void> };

/** Not started yet: a Redis without memory of earlier lives. */
export async function ownRedis(): Promise<OwnServer> {
  const binary = findOrInstall({ title: "Redis", names: ["redis-server", "valkey-server"], debianPackage: "redis-server" });
  const folder = mkdtempSync(join(tmpdir(), "millrace-redis-"));
  const port = await freePort();
  const argv: [string, ...string[]] = [binary, "--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const server = restartable({ url: `redis://127.0.0.1:${port}`, argv, folder, isThere: () => connectTo(port) });
  return removable(server, folder);
}

/** Started. A commit is with the operating system when it is acknowledged, so that no kill of Postgres may lose it. */
export async function ownPostgres(): Promise<OwnServer> {
  const { binary, user, folder, data } = createCluster();
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=100"];
  const argv: [string, ...string[]] = [binary, "-D", data, ...settings.flatMap((setting) => ["-c", setting])];
  const server = restartable({ url, argv, folder, user, isThere: () => canQuery(url) });
  await server.start();
  return removable(server, folder);
}

function removable(server: Restartable, folder: string): OwnServer {
  return {
    ...server,
    async remove() {
      await server.end();
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}
