// What the launchers share: install if needed, run, and end with the exit code or with one clear line.
import { ensureInstalled } from "./ensure-installed.mjs";

/** Installs what is missing, then calls `run`, whose number becomes the exit code. */
export async function main(run) {
  try {
    await ensureInstalled();
    process.exitCode = await run();
  } catch (error) {
    console.error(`✖ ${error.message}`);
    process.exitCode = 1;
  }
}
