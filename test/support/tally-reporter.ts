// A Vitest reporter that leaves the counts for scripts/test.mjs, which prints them as the run's last line.
import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env.MILLRACE_TALLY_FILE;
    if (file) writeFileSync(file, JSON.stringify(tally(modules)));
  }
}

function tally(modules: readonly TestModule[]) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "failed") failedHere += 1;
      // A test that never got to run in a failing file shows as pending: it is not a pass, nor is it the failure.
      else counts[state === "passed" ? "passed" : "skipped"] += 1;
    }
    // A beforeAll that throws fails its suite, and a syntax error the whole file, without a failed test to count.
    for (const suite of module.children.allSuites()) failedHere += suite.errors().length > 0 ? 1 : 0;
    counts.failed += module.state() === "failed" ? Math.max(failedHere, 1) : failedHere;
  }
  return counts;
}
