// Starts the runner: reads its settings, listens for the signals that end it, and keeps it going until then.
import { ConfigError, readConfig } from "./config.ts";
import { openDataDirectory } from "./data-directory.ts";
import { createLog, type Log, messageOf } from "./log.ts";
import { type Runner, startRunner } from "./runner.ts";

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  process.on("uncaughtException", (error) => die(log, error));
  const data = await openDataDirectory(config.RUNNER_DATA, config.RUNNER_ID, log);
  const runner = await startRunner({ config, data, environment: process.env, log });
  process.on("SIGTERM", () => runner.drain());
  process.on("SIGINT", () => runner.drain());
  if (config.MILLRACE_PARENT_PIPE) endWithParent(runner, log);
  await runner.ended;
  process.exit(0);
}

/** Whoever started us holds the other end of stdin: when it closes, they are gone, however that came about. */
function endWithParent(runner: Runner, log: Log): void {
  const end = () => {
    log.info("the process that started this runner has gone");
    runner.drain({ isFast: true });
  };
  process.stdin.once("end", end);
  process.stdin.once("error", end);
  process.stdin.resume();
}

/** A defect of ours: better to end and have the leases expire than to go on with a state nobody understands. */
function die(log: Log, error: Error): void {
  log.error("the runner ends because of a defect; its running jobs go to others when their leases expire", {
    reason: error.message,
    stack: error.stack,
  });
  process.exit(70);
}

main().catch((error: unknown) => {
  // A wrong setting is for a person to read, not for a log collector.
  if (error instanceof ConfigError) console.error(error.message);
  else console.error(error instanceof Error && error.stack ? error.stack : messageOf(error));
  process.exit(error instanceof ConfigError ? 78 : 70);
});
