// Every suite in one run: real servers are started once by the global setup, and each suite takes a database of its own.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "src/**/*.test.ts", "gpu-runner/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    reporters: ["default", "./test/support/tally-reporter.ts"],
    // Suites start servers and whole profiles: a slow machine must not look like a defect.
    testTimeout: 30_000,
    hookTimeout: 120_000,
    pool: "forks",
    passWithNoTests: true,
  },
});
