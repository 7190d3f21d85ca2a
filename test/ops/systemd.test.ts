// The systemd units: systemd itself has nothing to say against them.
import { spawnSync } from "node:child_process";
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { findTool } from "./support/tool.ts";

const UNITS = globSync("ops/systemd/*.service");
const analyze = findTool({ title: "systemd", names: ["systemd-analyze"], debianPackage: "systemd" });
const folder = mkdtempSync(join(tmpdir(), "millrace-units-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function verify(path: string): string {
  const { stdout, stderr } = spawnSync(analyze ?? "", ["verify", "--man=no", path], { encoding: "utf8" });
  // Units of this machine that a target pulls in are not ours to judge.
  return (stdout + stderr)
    .split("\n")
    .filter((line) => line.includes(basename(path)))
    .join("\n");
}

test("there is a unit for the API, the consumers and the gpu-runner", () => {
  expect(UNITS.map((path) => basename(path)).sort()).toEqual([
    "millrace-api.service",
    "millrace-consumer.service",
    "millrace-gpu-runner.service",
  ]);
});

describe.skipIf(analyze === null)("systemd-analyze verify", () => {
  test.each(UNITS)("%s is right", (path) => {
    const copy = join(folder, basename(path));
    copyFileSync(path, copy);
    expect(verify(copy)).toBe("");
  });

  test("a mistake would be found", () => {
    const broken = join(folder, "broken.service");
    writeFileSync(broken, readFileSync("ops/systemd/millrace-api.service", "utf8").replace("Restart=always", "Restart=sometimes"));
    expect(verify(broken)).toContain("sometimes");
  });
});

test.each(UNITS)("%s runs as a user of its own, without privileges, on a filesystem it cannot write", (path) => {
  const unit = readFileSync(path, "utf8");
  for (const line of ["NoNewPrivileges=true", "CapabilityBoundingSet=", "ProtectSystem=strict", "Restart=always"])
    expect(unit.split("\n")).toContain(line);
  expect(unit).toMatch(/^User=millrace/m);
});
