// What a deployment on the edge is told by its variables and secrets, parsed once.
import { z } from "zod";
import { DEFAULT_MAX_UPLOAD_BYTES } from "../../contract/upload.ts";

const NetworkList = z
  .string()
  .transform((text) => text.split(",").map((entry) => entry.trim()))
  .pipe(z.array(z.union([z.literal("private"), z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])));

const given = z.string().min(1, "it is not set");

/** Every variable; `wrangler.toml` and docs/edge.md say what each is for. */
const EdgeVariables = z.object({
  DATABASE_URL: given.regex(/^postgres(ql)?:\/\//, "expected a URL that starts with postgres://"),
  UPSTASH_REDIS_REST_URL: given,
  UPSTASH_REDIS_REST_TOKEN: given,
  QSTASH_TOKEN: given,
  QSTASH_CURRENT_SIGNING_KEY: given,
  QSTASH_NEXT_SIGNING_KEY: given,
  /** This deployment's address: QStash sends its messages there. */
  MILLRACE_URL: z.url({ protocol: /^https?$/, error: "expected this deployment's own URL, such as https://millrace.example.workers.dev" }),
  /** QStash's region, where the account is not in the default one. */
  QSTASH_URL: z.string().optional(),
  /** Where Neon's HTTP endpoint is, for Neon Local; derived from DATABASE_URL else. */
  NEON_FETCH_ENDPOINT: z.string().optional(),
  MILLRACE_MAX_UPLOAD_BYTES: z.coerce.number().int().min(1).default(DEFAULT_MAX_UPLOAD_BYTES),
  /** One visit of the queue consumers takes work for so long, and runs so many attempts at most: hosts bound requests. */
  MILLRACE_CONSUMER_SECONDS: z.coerce.number().min(1).max(300).default(20),
  MILLRACE_CONSUMER_ATTEMPTS: z.coerce.number().int().min(1).max(10_000).default(200),
  MILLRACE_CONSUMER_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(20),
  /** Networks that `http` jobs may call although they are private. On Cloudflare none is within reach. */
  MILLRACE_HTTP_ALLOW: NetworkList.default([]),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export type EdgeSettings = ReturnType<typeof toSettings>;

/** A variable that is set to nothing is not set. Throws with the name of everything that is missing or wrong. */
export function readEdgeSettings(environment: Readonly<Record<string, unknown>>): EdgeSettings {
  const variables = Object.fromEntries(Object.entries(environment).filter(([name, value]) => name in EdgeVariables.shape && value !== ""));
  const parsed = EdgeVariables.safeParse(variables);
  if (parsed.success) return toSettings(parsed.data);
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`This deployment is not configured (docs/edge.md). ${problems.join("; ")}.`);
}

function toSettings(variables: z.infer<typeof EdgeVariables>) {
  const { QSTASH_TOKEN: token, QSTASH_URL: url, MILLRACE_URL: publicUrl } = variables;
  return {
    databaseUrl: variables.DATABASE_URL,
    neonEndpoint: variables.NEON_FETCH_ENDPOINT,
    upstash: { url: variables.UPSTASH_REDIS_REST_URL, token: variables.UPSTASH_REDIS_REST_TOKEN },
    qstash: { token, url, publicUrl },
    signingKeys: { currentSigningKey: variables.QSTASH_CURRENT_SIGNING_KEY, nextSigningKey: variables.QSTASH_NEXT_SIGNING_KEY },
    consumers: {
      budgetMilliseconds: variables.MILLRACE_CONSUMER_SECONDS * 1000,
      maxAttempts: variables.MILLRACE_CONSUMER_ATTEMPTS,
      concurrency: variables.MILLRACE_CONSUMER_CONCURRENCY,
    },
    httpAllow: variables.MILLRACE_HTTP_ALLOW,
    maxUploadBytes: variables.MILLRACE_MAX_UPLOAD_BYTES,
    logLevel: variables.LOG_LEVEL,
  };
}
