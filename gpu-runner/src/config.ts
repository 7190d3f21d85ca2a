// The runner's settings: one parse of the environment and of the file RUNNER_CONFIG names; nothing else reads either.
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { dirname, isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { Labels } from "../../src/contract/job.ts";
import { RunnerName } from "../../src/contract/lease.ts";
import { Name } from "../../src/contract/text.ts";

const wholeNumber = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const Queues = z
  .string()
  .transform((list) =>
    list
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean),
  )
  .pipe(z.array(Name).min(1).max(100));

const LabelList = z
  .string()
  .transform((list, context) => {
    const pairs = list
      .split(",")
      .map((pair) => pair.trim())
      .filter(Boolean)
      .map((pair) => pair.split(/=(.*)/s).map((part) => part.trim()));
    if (pairs.some(([name, value]) => !name || value === undefined))
      context.addIssue({ code: "custom", message: "expected name=value pairs such as zone=lab,disk=nvme" });
    return Object.fromEntries(pairs) as Record<string, string>;
  })
  .pipe(Labels);

const Flag = z
  .enum(["0", "1", ""])
  .default("0")
  .transform((value) => value === "1");

const Environment = z.object({
  MILLRACE_URL: z.url({ protocol: /^https?$/, error: "expected the API's address, such as https://jobs.example.com" }),
  MILLRACE_TOKEN: z
    .string({ error: "expected an API key with the scope 'runner' (mr_…)" })
    .min(1, "expected an API key with the scope 'runner' (mr_…)"),
  RUNNER_ID: RunnerName.optional(),
  RUNNER_QUEUES: Queues.prefault("gpu"),
  RUNNER_CONFIG: z.string().optional(),
  RUNNER_DATA: z.string().default(".millrace/runner"),
  RUNNER_LABELS: LabelList.prefault(""),
  RUNNER_CONCURRENCY: wholeNumber(1, 256).default(1),
  RUNNER_DRAIN_SECONDS: z.coerce.number().min(0).max(86_400).default(30),
  RUNNER_LEASE_SECONDS: wholeNumber(5, 3600).default(60),
  RUNNER_KILL_GRACE_SECONDS: z.coerce.number().min(0).max(600).default(5),
  RUNNER_NGRAM_MEMORY_MIB: wholeNumber(16, 1_048_576).optional(),
  METRICS_PORT: wholeNumber(0, 65_535).optional(),
  METRICS_HOST: z.string().default("0.0.0.0"),
  MILLRACE_PARENT_PIPE: Flag,
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

const CommandConfig = z.strictObject({
  argv: z.array(z.string()).min(1),
  timeoutSeconds: z.number().min(0.1).max(604_800).optional(),
  env: z.record(z.string(), z.string()).optional(),
});
export type CommandConfig = z.infer<typeof CommandConfig>;

const ConfigFile = z.strictObject({ commands: z.record(z.string(), CommandConfig).default({}) });

export type Config = Omit<z.infer<typeof Environment>, "RUNNER_NGRAM_MEMORY_MIB"> & {
  RUNNER_NGRAM_MEMORY_MIB: number;
  commands: Record<string, CommandConfig>;
};

/** Says which setting is wrong, what was expected, and nothing of the values of others. */
export class ConfigError extends Error {}

const MIB = 1024 * 1024;
const DEFAULT_NGRAM_MEMORY_MIB = 2048;

export function readConfig(env: Record<string, string | undefined>): Config {
  // A variable set to nothing is a variable that is not set: Compose files and shells make them.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  if (given.MILLRACE_TOKEN_FILE !== undefined) given.MILLRACE_TOKEN ??= readTokenFile(given.MILLRACE_TOKEN_FILE);
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(
      (issue) => `  ${issue.path.join(".")}: ${issue.message}${given[String(issue.path[0])] === undefined ? " (it is not set)" : ""}`,
    );
    throw new ConfigError(`The runner's settings are not complete. Set in the environment:\n${lines.join("\n")}`);
  }
  const settings = parsed.data;
  return {
    ...settings,
    RUNNER_DATA: resolve(settings.RUNNER_DATA),
    RUNNER_NGRAM_MEMORY_MIB: settings.RUNNER_NGRAM_MEMORY_MIB ?? Math.min(DEFAULT_NGRAM_MEMORY_MIB, Math.floor(totalmem() / MIB / 2)),
    commands: settings.RUNNER_CONFIG === undefined ? {} : readConfigFile(resolve(settings.RUNNER_CONFIG)),
  };
}

/** Docker and systemd hand over secrets as files. */
function readTokenFile(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new ConfigError(`MILLRACE_TOKEN_FILE names ${path}, which cannot be read: ${(error as Error).message}`);
  }
}

function readConfigFile(path: string): Record<string, CommandConfig> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(`RUNNER_CONFIG names ${path}, which cannot be read: ${(error as Error).message}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`RUNNER_CONFIG names ${path}, which is not valid JSON: ${(error as Error).message}`);
  }
  const parsed = ConfigFile.safeParse(json);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "(top)"}: ${issue.message}`);
    throw new ConfigError(
      `${path} is not a runner configuration. Expected {"commands": {"name": {"argv": ["program", "argument"]}}}:\n${lines.join("\n")}`,
    );
  }
  return Object.fromEntries(
    Object.entries(parsed.data.commands).map(([name, command]) => [
      name,
      { ...command, argv: resolveProgram(command.argv, dirname(path)) },
    ]),
  );
}

/** A program given by a relative path is found beside the configuration file: commands run in directories of their own. */
function resolveProgram([program = "", ...rest]: string[], directory: string): string[] {
  const isRelativePath = program.includes("/") && !isAbsolute(program);
  return [isRelativePath ? resolve(directory, program) : program, ...rest];
}
