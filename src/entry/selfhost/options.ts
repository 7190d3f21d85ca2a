// What a self-hosted process is told, by its environment alone. Every variable may come as NAME_FILE too, a file that
// holds the value: that is how Docker and systemd hand over secrets.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { ADMIN_KEY_PATTERN } from "../../contract/key.ts";
import { DEFAULT_MAX_UPLOAD_BYTES } from "../../contract/upload.ts";
import { NetworkList } from "../local/networks.ts";
import { UsageError } from "../local/options.ts";

const ApiKey = z.string().regex(ADMIN_KEY_PATTERN, "expected mr_ followed by 32 to 200 letters, digits, '_' or '-'");

const Environment = z.object({
  DATABASE_URL: z
    .string("set it to a Postgres URL such as postgres://user:password@localhost:5432/millrace")
    .regex(/^postgres(ql)?:\/\//, "expected a URL that starts with postgres://"),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, "expected a URL that starts with redis://")
    .optional(),
  ROLE: z.enum(["api", "consumer", "all"]).default("all"),
  HOST: z.string().default("127.0.0.1"),
  PORT: z.coerce.number().int().min(1).max(65_535).default(8787),
  MILLRACE_DATA: z.string().default(".millrace-selfhost"),
  MILLRACE_RUN_DIR: z.string().optional(),
  MILLRACE_MIGRATE: z.enum(["true", "false"]).default("true"),
  MILLRACE_ADMIN_KEY: ApiKey.optional(),
  MILLRACE_RUNNER_TOKEN: ApiKey.optional(),
  MILLRACE_HTTP_ALLOW: NetworkList.prefault(""),
  MILLRACE_MAX_UPLOAD_BYTES: z.coerce.number().int().min(1).default(DEFAULT_MAX_UPLOAD_BYTES),
  MILLRACE_SWEEP_SECONDS: z.coerce.number().min(0.1).max(60).default(5),
  MILLRACE_CONSUMER_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(50),
  MILLRACE_DATABASE_CONNECTIONS: z.coerce.number().int().min(1).max(100).default(10),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export type SelfhostOptions = z.infer<typeof Environment>;

/** Throws `UsageError`, naming every variable that is wrong. */
export function readSelfhostOptions(environment: Record<string, string | undefined>): SelfhostOptions {
  const parsed = Environment.safeParse(withFiles(environment));
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}.`).join("\n"));
}

/** The environment with the content of each NAME_FILE under NAME; a variable set to nothing is not set. */
function withFiles(environment: Record<string, string | undefined>): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === "") continue;
    if (name.endsWith("_FILE") && name.slice(0, -5) in Environment.shape) given[name.slice(0, -5)] ??= readSecret(name, value);
    else given[name] = value;
  }
  return given;
}

function readSecret(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new UsageError(`${name}: ${path} cannot be read (${(error as Error).message}).`);
  }
}
