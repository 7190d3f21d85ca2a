// `npm run lock:complete`, after an `npm install` that changed package-lock.json: adds the optional packages
// for other platforms that npm left out. npm drops those it could not fetch (https://github.com/npm/cli/issues/4828),
// and `npm ci` then refuses the lock on every machine.
import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(FILE, "utf8"));
const packages = lock.packages;

const SYSTEMS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32", "windows"];
const CPUS = {
  64: "x64",
  arm64: "arm64",
  x64: "x64",
  ia32: "ia32",
  arm: "arm",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  wasm32: "wasm32",
};

const added = [];
for (const [path, parent] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    if (found(path, name)?.version === version || !isExact(version)) continue;
    const beside = `${path.slice(0, path.lastIndexOf("node_modules/"))}node_modules/${name}`;
    const place = packages[beside] ? `${path}/node_modules/${name}` : beside;
    // Without an integrity, which only the registry knows; npm fills it in where the package is installed.
    packages[place] = { version, ...platformOf(name), ...(parent.dev ? { dev: true } : {}), optional: true };
    added.push(`${name}@${version}`);
  }
}

if (added.length > 0) {
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(added.length > 0 ? `Added ${added.length}:\n  ${added.join("\n  ")}` : "The lock is complete.");

/** What Node's resolution from `path` finds: in its own node_modules, or in one further up. */
function found(path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const here = packages[`${folder}${folder ? "/" : ""}node_modules/${name}`];
    if (here || !folder) return here;
  }
}

/** Platform packages are wanted at one exact version; ranges are for others (fsevents), which npm resolves itself. */
function isExact(version) {
  return /^\d+\.\d+\.\d+/.test(version);
}

/** Platform packages carry their platform in their names: `cli-linux-x64-musl`, `workerd-windows-64`. */
function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.map((word) => CPUS[word]).find(Boolean);
  if (!cpu) throw new Error(`Cannot tell which platform ${name} is for: add it to package-lock.json by hand.`);
  const libc = words.some((word) => word.startsWith("musl")) ? "musl" : "glibc";
  return { cpu: [cpu], ...(os ? { os: [os.replace("windows", "win32")] } : {}), ...(os === "linux" ? { libc: [libc] } : {}) };
}
