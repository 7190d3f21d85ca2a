// Builds what `wrangler deploy` uploads: the Worker's bundle (dist/edge), by wrangler's own dry run, and the headers that
// Cloudflare serves the dashboard with.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheControl, IMMUTABLE, SECURITY_HEADERS } from "../../src/entry/page-headers.ts";
import { buildIfStale, ROOT } from "./build-if-stale.ts";
import { withBuildLock } from "./build-lock.ts";
import { stampOf } from "./stamp.ts";

const INPUTS = [
  "src/adapters",
  "src/api",
  "src/contract",
  "src/core",
  "src/cron",
  "src/db",
  "src/entry",
  "src/ports",
  "src/queue-consumers",
];
const STAMP = join(ROOT, "dist/edge.stamp");

/** The bundle, as Cloudflare would get it. */
export const EDGE_BUNDLE = join(ROOT, "dist/edge/cloudflare.js");

/** Builds the dashboard and the Worker where something changed since. */
export async function buildEdgeIfStale(): Promise<void> {
  await buildIfStale();
  const now = stampOf(ROOT, [...INPUTS, "wrangler.toml", "package-lock.json", "scripts/build/build-edge.ts"]);
  await withBuildLock(ROOT, async () => {
    writeAssetHeaders();
    if (existsSync(EDGE_BUNDLE) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === now) return;
    rmSync(STAMP, { force: true });
    await wrangler(["deploy", "--dry-run", "--outdir", "dist/edge"]);
    writeFileSync(STAMP, now);
  });
}

/** Runs wrangler in the repository's root; rejects with what it said. */
export async function wrangler(args: readonly string[], { input }: { input?: string } = {}): Promise<string> {
  const child = spawn(process.execPath, [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), ...args], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", FORCE_COLOR: "0" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(input);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
  if (code !== 0) throw new Error(`wrangler ${args[0]} failed:\n${said.slice(-4_000)}`);
  return said;
}

/** https://developers.cloudflare.com/workers/static-assets/headers/ */
function writeAssetHeaders(): void {
  const lines = (headers: Record<string, string>) => Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`);
  const all = ["/*", ...lines({ ...SECURITY_HEADERS, "Cache-Control": cacheControl("index.html") })];
  // Rules add up: the general Cache-Control is taken back where names hold a hash of the content.
  const hashed = ["/assets/*", "  ! Cache-Control", ...lines({ "Cache-Control": IMMUTABLE })];
  const path = join(ROOT, "dist/ui/_headers");
  const text = `${[...all, "", ...hashed].join("\n")}\n`;
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
}
