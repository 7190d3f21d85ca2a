// A private Postgres for the tests: a fresh cluster in a temporary folder, on a free port, gone with the run.
import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import postgres from "postgres";
import { debianPostgresFolders, findOrInstall } from "./find-program.ts";
import { eventually, freePort } from "./free-port.ts";
import { startGuarded } from "./guarded-process.ts";
import type { TestServer } from "./test-server.ts";

// The data lives for minutes: durability would only cost time. Suites connect with pools, in parallel.
const SETTINGS = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "200", unix_socket_directories: "" };

/** `TEST_DATABASE_URL` if set, else a server of our own. */
export async function startPostgres(): Promise<TestServer> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => {} };

  const { binary, user, folder, data } = createCluster();
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const settings = Object.entries({ listen_addresses: "127.0.0.1", port: String(port), ...SETTINGS }).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  const server = startGuarded({ argv: [binary, "-D", data, ...settings], folder, stopSignal: "INT", user });
  await eventually(() => canQuery(url), { giveUp: server.assertRunning });
  return { url, stop: server.stop };
}

/** A new cluster in a folder of its own, and what runs it. */
export function createCluster() {
  const binary = findOrInstall({ title: "PostgreSQL", names: ["postgres"], folders: debianPostgresFolders, debianPackage: "postgresql" });
  const user = unprivilegedUser();
  const folder = mkdtempSync(join(tmpdir(), "millrace-postgres-"));
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  initialise(join(dirname(binary), "initdb"), data, user);
  return { binary, user, folder, data };
}

function initialise(initdb: string, data: string, user: { uid: number; gid: number } | undefined): void {
  const args = ["--pgdata", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
  try {
    execFileSync(initdb, args, { ...user, cwd: dirname(data), stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    rmSync(dirname(data), { recursive: true, force: true });
    throw error;
  }
}

export async function canQuery(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 5 });
  try {
    await sql`select 1`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Postgres refuses to run as root: then its own user runs it, or nobody. Not root: ourselves. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8").split("\n");
  const line = users.find((one) => one.startsWith("postgres:")) ?? users.find((one) => one.startsWith("nobody:"));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (!uid || !gid)
    throw new Error("Postgres does not run as root, and /etc/passwd has neither postgres nor nobody. Run the tests as another user.");
  return { uid: Number(uid), gid: Number(gid) };
}
