// Bundles the Worker for workerd into one ES module.
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
    external: ["cloudflare:*", "node:*"],
    loader: { ".sql": "text" },
    logLevel: "warning",
  });
}
