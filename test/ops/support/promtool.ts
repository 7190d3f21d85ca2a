// Prometheus' own checker, installed first where we may.
import { spawnSync } from "node:child_process";
import { findOrInstall } from "../../support/servers/find-program.ts";

let path: string | undefined;

/** Runs promtool; what it wrote is the message where it fails. */
export function promtool(args: readonly string[], input = ""): { ok: boolean; output: string } {
  path ??= findOrInstall({ title: "promtool", names: ["promtool"], debianPackage: "prometheus" });
  const { status, stdout, stderr } = spawnSync(path, args, { input, encoding: "utf8" });
  return { ok: status === 0, output: stdout + stderr };
}

/** False on somebody's laptop without promtool; with CI set its absence fails the tests. */
export function hasPromtool(): boolean {
  try {
    return promtool(["--version"]).ok;
  } catch (error) {
    if (process.env.CI) throw error;
    return false;
  }
}
