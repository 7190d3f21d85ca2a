// Bundles our code into single ES modules: the Worker for workerd, and what the supervisor would load slowly from sources.
import { builtinModules } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";

export async function buildWorker(root: string): Promise<void> {
  await build({
    entryPoints: [join(root, "src/entry/workerd.ts")],
    outfile: join(root, "dist/workerd/worker.js"),
    bundle: true,
    minify: true,
    // Names in stack traces and logs.
    keepNames: true,
    sourcemap: "linked",
    format: "esm",
    target: "es2024",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "import"],
    external: ["cloudflare:*", "node:*", ...builtinModules],
    // CommonJS dependencies (ioredis) require Node's modules, which workerd has under nodejs_compat.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire("/");' },
    logLevel: "warning",
  });
}

export async function buildPreparation(root: string): Promise<void> {
  await build({
    entryPoints: [join(root, "src/entry/local/prepare-database.ts")],
    outfile: join(root, "dist/local/prepare-database.js"),
    bundle: true,
    sourcemap: "linked",
    format: "esm",
    target: "node24",
    platform: "node",
    conditions: ["import"],
    logLevel: "warning",
  });
}
