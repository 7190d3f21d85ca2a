// What `npm start` is told: its arguments and the environment, read once.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { ADMIN_KEY_PATTERN } from "../../contract/key.ts";
import { DEFAULT_MAX_UPLOAD_BYTES } from "../../contract/upload.ts";
import { NetworkList } from "./networks.ts";

export const USAGE = `Usage: npm start -- [options]

  --port <port>   Port of the API and the dashboard (8787)
  --host <host>   Address to listen on (127.0.0.1); 0.0.0.0 lets other machines in
  --data <dir>    Where everything is kept (.millrace)
  --no-runner     Start no GPU runner here
  --help          This text

Environment: MILLRACE_ADMIN_KEY, MILLRACE_HTTP_ALLOW, MILLRACE_MAX_UPLOAD_BYTES … are explained in .env.example.`;

/** Said to the person who started us, without a stack. */
export class UsageError extends Error {}

const Environment = z.object({
  MILLRACE_ADMIN_KEY: z
    .string()
    .regex(
      ADMIN_KEY_PATTERN,
      "expected mr_ followed by 32 to 200 letters, digits, '_' or '-', such as the output of: echo mr_$(openssl rand -hex 24)",
    )
    .optional(),
  MILLRACE_HTTP_ALLOW: NetworkList.prefault(""),
  MILLRACE_MAX_UPLOAD_BYTES: z.coerce.number().int().min(1).default(DEFAULT_MAX_UPLOAD_BYTES),
  MILLRACE_SWEEP_SECONDS: z.coerce.number().min(0.1).max(60).default(5),
  MILLRACE_CONSUMER_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(50),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export type LocalOptions = z.infer<typeof Environment> & {
  port: number;
  host: string;
  dataDirectory: string;
  withRunner: boolean;
  /** Handed on to the runner, whose settings these are. */
  runnerEnvironment: Record<string, string>;
};

/** Throws `UsageError` for what cannot be understood; returns null where help was asked for. */
export function readOptions(args: readonly string[], environment: Record<string, string | undefined>): LocalOptions | null {
  const values = readArguments(args);
  if (values.help) return null;
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port < 1 || port > 65_535)
    throw new UsageError(`--port takes a number from 1 to 65535, not '${values.port}'.`);
  if (!/^[\w.:-]+$/.test(values.host)) throw new UsageError(`--host takes an address such as 127.0.0.1, not '${values.host}'.`);
  if (values.data.trim() === "") throw new UsageError("--data takes a directory.");
  // A variable set to nothing is a variable that is not set.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== "")) as Record<
    string,
    string
  >;
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    throw new UsageError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}.`).join("\n"));
  }
  return {
    ...parsed.data,
    port,
    host: values.host,
    dataDirectory: resolve(values.data),
    withRunner: !values["no-runner"],
    runnerEnvironment: Object.fromEntries(Object.entries(given).filter(([name]) => /^(RUNNER_|METRICS_)/.test(name))),
  };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string", default: "8787" },
        host: { type: "string", default: "127.0.0.1" },
        data: { type: "string", default: ".millrace" },
        "no-runner": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.replace(/\. To specify.*$/s, ".")}`);
  }
}
