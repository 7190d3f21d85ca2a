// Prometheus' own checker.
import { spawnSync } from "node:child_process";
import { findTool } from "./tool.ts";

const path = findTool({ title: "promtool", names: ["promtool"], debianPackage: "prometheus" });

export const hasPromtool = path !== null;

/** Runs promtool; what it wrote is the message where it fails. */
export function promtool(args: readonly string[], input = ""): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync(path ?? "promtool", args, { input, encoding: "utf8" });
  return { ok: status === 0, output: stdout + stderr };
}
