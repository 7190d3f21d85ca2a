// Finds a server's binary on this machine, or installs its Debian package when we are root.
import { execFileSync } from "node:child_process";
import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

interface Program {
  /** What it is called in messages. */
  title: string;
  names: string[];
  /** Where it may lie besides the PATH. */
  folders?: () => string[];
  debianPackage: string;
}

/** Where to find the program, or null; installs nothing. */
export function findProgram({ names, folders }: Program): string | null {
  const places = [...(folders?.() ?? []), ...(process.env.PATH ?? "").split(delimiter)];
  for (const name of names) {
    const found = places.map((place) => join(place, name)).find(isExecutable);
    if (found) return found;
  }
  return null;
}

/** The program's path, installed first if need be; throws with what to install where we may not. */
export function findOrInstall(program: Program): string {
  const found = findProgram(program);
  if (found) return found;
  installFromDebian(program);
  const installed = findProgram(program);
  if (installed) return installed;
  throw new Error(
    `${program.title} is not on this machine. Install it and try again (Debian, Ubuntu: apt-get install ${program.debianPackage}).`,
  );
}

function installFromDebian({ title, debianPackage }: Program): void {
  if (process.getuid?.() !== 0 || !isExecutable("/usr/bin/apt-get")) return;
  console.log(`▸ Installing ${title} (apt-get install ${debianPackage}) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) => execFileSync("apt-get", ["-qq", ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
  apt("update");
  apt("install", "--yes", "--no-install-recommends", debianPackage);
}

/** Debian keeps each Postgres version's programs in a folder of its own, off the PATH; the newest first. */
export function debianPostgresFolders(): string[] {
  const base = "/usr/lib/postgresql";
  try {
    const versions = readdirSync(base).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(base, version, "bin"));
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
