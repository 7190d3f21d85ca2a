// docker-compose.selfhost.yml as text: what every service of it has. That it comes up is test/compose's to show.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const file = readFileSync("docker-compose.selfhost.yml", "utf8");
const section = file.slice(file.indexOf("\nservices:"), file.indexOf("\nnetworks:"));
/** Each service's lines, under its name. */
const services = section
  .split(/\n(?= {2}[a-z][a-z-]*:\n)/)
  .slice(1)
  .map((text) => ({ name: /^ {2}([a-z-]+):/.exec(text)?.[1] ?? "", text }));
const PUBLISHED = ["api", "caddy"];

test("the services of every profile are there", () => {
  expect(services.map(({ name }) => name).sort()).toEqual(
    [
      ...["secrets", "migrate", "api", "consumer", "postgres", "redis", "prometheus"],
      ...["gpu-runner", "dcgm-exporter", "caddy", "grafana", "loki", "alloy", "alertmanager"],
      ...["node-exporter", "cadvisor", "postgres-exporter", "redis-exporter"],
    ].sort(),
  );
});

describe.each(services)("$name", ({ name, text }) => {
  test("is confined, limited and rotates its log, by the part that all share", () => {
    expect(text).toMatch(/<<: \*(service|millrace)\n/);
    expect(text).toMatch(/^ {4}mem_limit: /m);
    expect(text).toMatch(/^ {4}cpus: /m);
    expect(text).toMatch(/^ {4}pids_limit: /m);
    expect(text).not.toMatch(/privileged|read_only: false|network_mode: host/);
  });

  test("has an image with a fixed tag", () => {
    const image = /^ {4}image: (.+)$/m.exec(text)?.[1];
    if (image) expect(image).toMatch(/:(v?\d+\.\d+[\w.-]*|local\})$/);
    else expect(text).toContain("<<: *millrace\n");
  });

  test("publishes nothing, unless it is the API or the proxy", () => {
    expect(/^ {4}ports: /m.test(text)).toBe(PUBLISHED.includes(name));
  });

  test("has a health check: its own, or its image's", () => {
    expect(/^ {4}healthcheck:/m.test(text) || /image: .*millrace|<<: \*millrace/.test(text)).toBe(true);
  });
});

test("what all services share confines them", () => {
  const shared = file.slice(file.indexOf("x-service:"), file.indexOf("x-millrace:"));
  for (const line of ["read_only: true", 'security_opt: ["no-new-privileges:true"]', "cap_drop: [ALL]", "max-size: 10m"])
    expect(shared).toContain(line);
});

test("every variable that it reads is in .env.example", () => {
  const read = new Set([...file.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
  const documented = new Set([...readFileSync(".env.example", "utf8").matchAll(/^#?(\w+)=/gm)].map(([, name]) => name));
  expect([...read].filter((name) => !documented.has(name))).toEqual([]);
});
