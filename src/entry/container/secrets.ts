// Makes the secrets of a Compose deployment on its first start, and keeps them. A value of your own wins: from the
// environment, else from a file of your own, else what was kept, else a new one. Each folder under `directory` is a
// volume that only the services which need it mount; so the files may be read by whatever user a service runs as.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ADMIN_KEY_PATTERN } from "../../contract/key.ts";
import { makeKey } from "../../core/key/secret.ts";
import { UsageError } from "../local/options.ts";

type Sources = { directory: string; ownDirectory: string; environment: Record<string, string | undefined> };

/** Returns the admin key where it was made just now: nobody has seen it yet. */
export function makeSecrets(sources: Sources): string | null {
  const { directory } = sources;
  const adminKey = resolve(sources, { name: "admin-key", variable: "MILLRACE_ADMIN_KEY", kept: "app/admin-key" });
  const runnerToken = resolve(sources, { name: "runner-token", variable: "MILLRACE_RUNNER_TOKEN", kept: "app/runner-token" });
  const postgres = resolve(sources, { name: "postgres-password", variable: "POSTGRES_PASSWORD", kept: "postgres/password" });
  const redis = resolve(sources, { name: "redis-password", variable: "REDIS_PASSWORD", kept: "redis/password" });
  const grafana = resolve(sources, { name: "grafana-password", variable: "GRAFANA_PASSWORD", kept: "observability/grafana-password" });
  for (const [name, { value }] of Object.entries({ MILLRACE_ADMIN_KEY: adminKey, MILLRACE_RUNNER_TOKEN: runnerToken }))
    if (!ADMIN_KEY_PATTERN.test(value)) throw new UsageError(`${name}: expected mr_ followed by 32 to 200 letters, digits, '_' or '-'.`);

  const databaseUrl = own(sources, "database-url", "DATABASE_URL");
  const redisUrl = own(sources, "redis-url", "REDIS_URL");
  const files: Record<string, string> = {
    "app/admin-key": adminKey.value,
    "app/runner-token": runnerToken.value,
    "app/database-url": databaseUrl ?? `postgres://millrace:${encodeURIComponent(postgres.value)}@postgres:5432/millrace`,
    "app/redis-url": redisUrl ?? `redis://:${encodeURIComponent(redis.value)}@redis:6379`,
    "runner/token": runnerToken.value,
    "postgres/password": postgres.value,
    "redis/password": redis.value,
    "redis/password.conf": `requirepass ${JSON.stringify(redis.value)}`,
    "observability/grafana-password": grafana.value,
    "observability/redis-passwords.json": JSON.stringify({ "redis://redis:6379": redis.value }),
  };
  for (const [path, content] of Object.entries(files)) store(join(directory, path), content);
  return adminKey.isNew ? adminKey.value : null;
}

type Secret = { name: string; variable: string; kept: string };

function resolve(sources: Sources, { name, variable, kept }: Secret): { value: string; isNew: boolean } {
  const value = own(sources, name, variable) ?? read(join(sources.directory, kept));
  return value === null ? { value: makeKey(), isNew: true } : { value, isNew: false };
}

function own({ ownDirectory, environment }: Sources, name: string, variable: string): string | null {
  return environment[variable] || read(join(ownDirectory, name));
}

function read(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8").trim() || null : null;
}

/** Whole or not at all, for services that start at the same time. */
function store(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, `${content}\n`);
  chmodSync(unfinished, 0o444);
  renameSync(unfinished, path);
}
