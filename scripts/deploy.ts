// `npm run deploy`: checks the secrets, migrates, deploys to Cloudflare and looks whether it works (docs/edge.md).
// MILLRACE_URL is the deployment's address; without it, it is the workers.dev address that Cloudflare gives.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildEdgeIfStale, wrangler } from "./build/build-edge.ts";
import { ROOT } from "./build/build-if-stale.ts";
import { prepareNeon } from "./deploy/prepare-neon.ts";
import { givenSecrets, refuseMissing } from "./deploy/secrets.ts";
import { smokeTest } from "./deploy/smoke-test.ts";

const BUCKET = "millrace";

try {
  if (existsSync(join(ROOT, ".env"))) process.loadEnvFile(join(ROOT, ".env"));
  await main();
} catch (error) {
  console.error(`✖ ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  console.log("Checking the secrets …");
  refuseMissing(process.env, await storedSecrets());
  console.log("Building …");
  await buildEdgeIfStale();
  console.log("Migrating …");
  const adminKey = await prepareNeon(process.env);
  await ensureBucket();
  console.log("Deploying …");
  const url = await deploy();
  console.log("Looking whether it works …");
  await smokeTest(url);
  console.log(`Millrace answers on ${url}`);
  if (adminKey) console.log(`\n  API key   ${adminKey}\n            It is shown this once: keep it.`);
}

/** None where the Worker was never deployed. */
async function storedSecrets(): Promise<string[]> {
  const listed = await wrangler(["secret", "list", "--format", "json"]).catch((error: Error) => {
    if (/not found|does not exist|10007/i.test(error.message)) return "[]";
    throw error;
  });
  const json = listed.slice(listed.indexOf("["), listed.lastIndexOf("]") + 1);
  return (JSON.parse(json) as { name: string }[]).map(({ name }) => name);
}

async function ensureBucket(): Promise<void> {
  await wrangler(["r2", "bucket", "create", BUCKET]).catch((error: Error) => {
    if (!/already exists|10004/i.test(error.message)) throw error;
  });
}

/** The new version's address. QStash must know it: where Cloudflare chooses it, the first deployment tells it to the second. */
async function deploy(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-deploy-"));
  const secrets = join(folder, "secrets.json");
  try {
    writeFileSync(secrets, JSON.stringify(givenSecrets(process.env)), { mode: 0o600 });
    const to = (url: string) => wrangler(["deploy", "--secrets-file", secrets, "--var", `MILLRACE_URL:${url}`]);
    const known = process.env["MILLRACE_URL"];
    const said = await to(known ?? "https://unknown.invalid");
    if (known) return known;
    const given = /https:\/\/[\w.-]+\.workers\.dev/.exec(said)?.[0];
    if (!given) throw new Error("Cloudflare gave no workers.dev address: set MILLRACE_URL to the deployment's own.");
    await to(given);
    return given;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
