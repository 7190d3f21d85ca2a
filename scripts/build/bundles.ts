// Bundles our code into single ES modules: the Worker for workerd, and what the supervisor would load slowly from sources.
import { readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join, relative } from "node:path";
import { build, type Plugin } from "esbuild";

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

/** Everything that the container image runs on Node, so that it needs no node_modules but workerd. */
export async function buildContainer(root: string): Promise<void> {
  await build({
    entryPoints: [join(root, "src/entry/container.ts")],
    outfile: join(root, "dist/container/main.js"),
    bundle: true,
    minify: true,
    keepNames: true,
    format: "esm",
    target: "node24",
    platform: "node",
    conditions: ["import"],
    plugins: [keepPlaces(root)],
    logLevel: "warning",
  });
}

/** Files that are found from where a module lies are found from there still, also when the module is in a bundle elsewhere. */
function keepPlaces(root: string): Plugin {
  return {
    name: "keep-places",
    setup(bundle) {
      bundle.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const source = await readFile(path, "utf8");
        const place = JSON.stringify(join("../..", relative(root, path)));
        return { loader: "ts", contents: source.replaceAll("import.meta.url", `new URL(${place}, import.meta.url).href`) };
      });
    },
  };
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
