// `npm test [-- vitest arguments]`: installs on the first run, runs every suite, and ends with one line to read.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "./install/main.mjs";
import { runNode } from "./install/run-node.mjs";

await main(async () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-tally-"));
  const tallyFile = join(folder, "tally.json");
  try {
    const env = { ...process.env, MILLRACE_TALLY_FILE: tallyFile };
    const code = await runNode(["node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)], { env });
    console.log(closingLine(readTally(tallyFile), code));
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The counts that test/support/tally-reporter.ts left; none of them if Vitest fell over before its end. */
function readTally(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

/** A run that ends badly without a failed test (an error outside any test, a crash) still counts as one failure. */
function closingLine({ passed, failed, skipped }, code) {
  const shown = `${passed} passed, ${code === 0 ? failed : Math.max(failed, 1)} failed`;
  return skipped > 0 ? `${shown}, ${skipped} skipped` : shown;
}
