// Makes node_modules match package-lock.json before anything else runs. Plain JavaScript for Node 20, no dependencies.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Node 24, brought by the `node` package: everything of ours runs on it, whatever the machine's own Node is. */
export const NODE = `${ROOT}node_modules/.bin/node`;

const LOCK = `${ROOT}package-lock.json`;
// The stamp lies inside node_modules, so that deleting the folder also deletes the claim that it is complete.
const STAMP = `${ROOT}node_modules/.millrace-lock`;
const PROGRESS_SECONDS = 10;

/** Returns at once when the stamp matches; else installs. Throws with what to do when the install fails. */
export async function ensureInstalled() {
  const lock = readFileSync(LOCK);
  const wanted = createHash("sha256").update(lock).digest("hex");
  if (existsSync(NODE) && readIfThere(STAMP) === wanted) return;
  if (!(existsSync(NODE) && isInstalledByHand(lock))) {
    await npm(["ci", "--include=dev", "--no-fund", "--no-audit", "--loglevel=error"], "Installing dependencies: once, about a minute");
    // With install scripts switched off, the `node` package is there but empty: its script fetches the binary.
    if (!existsSync(NODE)) await npm(["rebuild", "node", "--ignore-scripts=false"], "Fetching Node 24");
  }
  if (!existsSync(NODE)) throw new Error(`Expected ${NODE} after the install. Run "npm ci --ignore-scripts=false" and try again.`);
  writeFileSync(STAMP, wanted);
}

/** Whether somebody's own `npm install` left exactly the locked versions: npm writes what it installed beside them. */
function isInstalledByHand(lock) {
  const installed = readIfThere(`${ROOT}node_modules/.package-lock.json`);
  if (!installed) return false;
  const present = JSON.parse(installed).packages;
  return Object.entries(JSON.parse(lock.toString()).packages).every(([path, { version, link, optional, peer }]) => {
    // Optional packages are for other platforms; the root and the workspaces are not installed but linked.
    if (!path.startsWith("node_modules/") || link || optional || (peer && !present[path])) return true;
    return present[path]?.version === version;
  });
}

function npm(args, title) {
  const started = Date.now();
  console.log(`▸ ${title} …`);
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const progress = setInterval(() => console.log(`  … still at it, ${seconds()} s`), PROGRESS_SECONDS * 1000);
  // Under `npm start` this is the very npm that was called; otherwise the one on the PATH.
  const cli = process.env.npm_execpath;
  const [command, first] = cli ? [process.execPath, [cli]] : ["npm", []];
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", (error) => reject(new Error(`npm could not be started (${error.message}). Install Node.js 20 or later with npm.`)));
    child.on("exit", (code, signal) => {
      if (code !== 0) return reject(new Error(`"npm ${args.join(" ")}" failed (${signal ?? `exit code ${code}`}); its message is above.`));
      console.log(`  done in ${seconds()} s`);
      resolve();
    });
  }).finally(() => clearInterval(progress));
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}
