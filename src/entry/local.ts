// What `npm start` runs: Millrace on one machine, with nothing else installed. A supervisor of three processes: PGlite
// (the database), workerd (the API) and the gpu-runner.
import { readOptions, USAGE, UsageError } from "./local/options.ts";

// Whoever read our output may go away (`npm start | head`); the work goes on.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

// One Ctrl-C may reach us twice, from the terminal and from npm: that is not somebody asking again.
const REPEAT_MILLISECONDS = 500;

process.exitCode = await main();

async function main(): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (!options) {
    console.log(USAGE);
    return 0;
  }
  const { Supervisor } = await import("./local/supervisor.ts");
  const supervisor = new Supervisor(options);
  const stopped = stopOnSignals(supervisor);
  try {
    await supervisor.start();
  } catch (error) {
    if (!(error instanceof UsageError)) console.error(error);
    else console.error(`✖ ${error.message}`);
    supervisor.kill();
    process.exit(1);
  }
  return stopped;
}

/** Resolves with the exit code once a signal has stopped everything. A second signal does not wait. */
function stopOnSignals(supervisor: { stop(): Promise<void>; kill(): void }): Promise<number> {
  let stoppingSince: number | null = null;
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (stoppingSince !== null && performance.now() - stoppingSince < REPEAT_MILLISECONDS) return;
        if (stoppingSince !== null) {
          console.log("Stopping at once.");
          supervisor.kill();
          process.exit(130);
        }
        stoppingSince = performance.now();
        console.log("\nStopping: the runner first, so that its jobs end or go back. Ctrl-C again stops at once.");
        void supervisor.stop().then(() => {
          console.log("Stopped.");
          resolve(0);
          process.exit(0);
        });
      });
    }
  });
}
