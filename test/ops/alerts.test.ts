// The alert rules and the dashboard: they parse, fire when they should, name metrics that exist, and are documented.
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { hasPromtool, promtool } from "./support/promtool.ts";

const RULES = globSync("ops/prometheus/rules/*.yml");
const SOURCES = ["src/api/metrics/*.ts", "src/entry/resident/live-hub.ts", "gpu-runner/src/metrics.ts"];
const text = (paths: readonly string[]) => paths.map((path) => readFileSync(path, "utf8")).join("\n");

type Panel = { title: string; targets?: { expr: string }[] };
const panels: Panel[] = JSON.parse(readFileSync("ops/grafana/dashboards/millrace.json", "utf8")).panels;
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

const folder = mkdtempSync(join(tmpdir(), "millrace-rules-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasPromtool)("with promtool", () => {
  test("Prometheus' configuration and rules are valid", () => {
    expect(promtool(["check", "rules", ...RULES])).toMatchObject({ ok: true });
    expect(promtool(["check", "config", "--syntax-only", "ops/prometheus/prometheus.yml"])).toMatchObject({ ok: true });
  });

  test.each(globSync("ops/prometheus/tests/*.yml"))("%s: alerts fire past their limits and not before", (path) => {
    expect(promtool(["test", "rules", path])).toMatchObject({ ok: true });
  });

  test("a rule with DCGM_FI_DEV_FB_TOTAL, which dcgm-exporter does not export, would be found", () => {
    const machine = text(["ops/prometheus/rules/machine.yml"]);
    const broken = machine.replace("(DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)", "DCGM_FI_DEV_FB_TOTAL");
    expect(broken).not.toBe(machine);
    writeFileSync(join(folder, "machine.yml"), broken);
    writeFileSync(join(folder, "tests.yml"), text(["ops/prometheus/tests/machine.yml"]).replace("../rules/machine.yml", "machine.yml"));
    expect(promtool(["test", "rules", join(folder, "tests.yml")])).toMatchObject({ ok: false });
  });

  test("every panel of the dashboard asks what Prometheus understands", () => {
    const rules = expressions.map((expr, n) => {
      const concrete = expr.replaceAll("$__rate_interval", "1m").replaceAll(/\$(workspace|queue)/g, ".*");
      return `      - { record: "panel:${n}", expr: ${JSON.stringify(concrete)} }`;
    });
    const path = join(folder, "panels.yml");
    writeFileSync(path, ["groups:", "  - name: panels", "    rules:", ...rules].join("\n"));
    expect(promtool(["check", "rules", path])).toMatchObject({ ok: true });
  });
});

test("rules and panels name only metrics that we make", () => {
  const made = new Set(text(SOURCES.flatMap((pattern) => globSync(pattern))).match(/(millrace|http|websocket|gpu_runner)_[a-z_]+/g));
  const named = [text(RULES), ...expressions].join("\n").match(/\b(millrace|http|websocket|gpu_runner)_[a-z_]+/g) ?? [];
  const missing = named.map((name) => name.replace(/_(bucket|count|sum)$/, "")).filter((name) => !made.has(name));
  expect(named.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

test("the guide says what to do at each alert", () => {
  const alerts = [...text(RULES).matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  const guide = readFileSync("docs/self-hosting.md", "utf8");
  expect(alerts.length).toBeGreaterThanOrEqual(14);
  expect(alerts.filter((name) => !guide.includes(`**${name}**`))).toEqual([]);
});
