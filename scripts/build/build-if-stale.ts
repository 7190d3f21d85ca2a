// Builds only what changed: each output keeps a stamp of the files it was made from.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withBuildLock } from "./build-lock.ts";
import { stampOf } from "./stamp.ts";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

type Target = { name: string; inputs: string[]; output: string; stamp: string; build: () => Promise<void> };

const TARGETS: Target[] = [
  {
    name: "the start-up code",
    inputs: ["src/adapters", "src/contract", "src/core", "src/db", "src/entry/local", "scripts/build", "package-lock.json"],
    output: "dist/local/prepare-database.js",
    stamp: "dist/local/stamp",
    build: async () => (await import("./bundles.ts")).buildPreparation(ROOT),
  },
  {
    name: "the Worker",
    inputs: [
      "src/contract",
      "src/core",
      "src/db",
      "src/ports",
      "src/adapters",
      "src/api",
      "src/queue-consumers",
      "src/cron",
      "src/entry",
      "scripts/build",
      "package-lock.json",
    ],
    output: "dist/workerd/worker.js",
    stamp: "dist/workerd/stamp",
    build: async () => (await import("./bundles.ts")).buildWorker(ROOT),
  },
  {
    name: "the dashboard",
    inputs: ["src/ui", "src/client", "src/contract", "package-lock.json"],
    output: "dist/ui/index.html",
    stamp: "dist/ui.stamp",
    build: async () => (await import("./build-ui.ts")).buildUi(ROOT),
  },
];

type Options = { isForced?: boolean; onBuild?: (name: string) => void };

/** Returns the names of what was built. */
export async function buildIfStale(options: Options = {}): Promise<string[]> {
  if (staleTargets(options).length === 0) return [];
  return withBuildLock(ROOT, async () => {
    const stale = staleTargets(options);
    for (const target of stale) {
      options.onBuild?.(target.name);
      // A build that fails must not look fresh the next time.
      rmSync(join(ROOT, target.stamp), { force: true });
      await target.build();
      writeFileSync(join(ROOT, target.stamp), target.now);
    }
    return stale.map((target) => target.name);
  });
}

function staleTargets({ isForced }: Options): (Target & { now: string })[] {
  return TARGETS.map((target) => ({ ...target, now: stampOf(ROOT, target.inputs) })).filter(
    (target) => isForced || !existsSync(join(ROOT, target.output)) || readStamp(target.stamp) !== target.now,
  );
}

function readStamp(path: string): string | null {
  try {
    return readFileSync(join(ROOT, path), "utf8");
  } catch {
    return null;
  }
}
