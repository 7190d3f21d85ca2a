// docker-compose.selfhost.yml for real: comes up by itself, works, heals, keeps its data. Needs a Docker engine and
// minutes, so it runs only where MILLRACE_TEST_COMPOSE is set: MILLRACE_TEST_COMPOSE=1 npm test -- test/compose
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/servers/free-port.ts";
import {
  adminKey,
  ask,
  askTls,
  buildImages,
  compose,
  containerOf,
  docker,
  inspect,
  isHealthy,
  memoryMebibytes,
  URL_OF_API,
  untilHealthy,
} from "./stack.ts";

const SERVICES = ["postgres", "redis", "prometheus", "api", "consumer"];
/** Those that run as root, each for the reason its comment in the Compose file gives, and Postgres, which changes to its own user. */
const ROOT_AT_START = ["postgres"];
const ALL = { timeout: 300_000 };

const finished = (key: string, id: string) =>
  eventually(
    async () => {
      const job = await ask("GET", `/api/v1/jobs/${id}`, { key });
      if (!["completed", "failed"].includes(job.state)) throw new Error(`it is ${job.state}`);
      return job;
    },
    { seconds: 60 },
  );

describe.runIf(process.env.MILLRACE_TEST_COMPOSE)("docker-compose.selfhost.yml", ALL, () => {
  let key = "";

  beforeAll(async () => {
    buildImages();
    compose("down", "-v", "--remove-orphans");
    const startedAt = performance.now();
    compose("up", "-d");
    await untilHealthy(SERVICES);
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(`Everything healthy after ${seconds.toFixed(1)} s.\n${compose("ps")}`);
    expect(seconds).toBeLessThan(60);
    key = adminKey();
  }, 600_000);

  afterAll(() => {
    compose("--profile", "gpu", "--profile", "tls", "down", "-v", "--remove-orphans");
  }, 120_000);

  test("every container is confined: read-only, no capability, no new privilege, limits, rotated logs", () => {
    for (const service of SERVICES) {
      const { Config, HostConfig } = inspect(containerOf(service));
      expect(HostConfig.ReadonlyRootfs, service).toBe(true);
      expect(HostConfig.CapDrop, service).toEqual(["ALL"]);
      expect(HostConfig.SecurityOpt, service).toContain("no-new-privileges:true");
      expect(HostConfig.Memory, service).toBeGreaterThan(0);
      expect(HostConfig.PidsLimit, service).toBeGreaterThan(0);
      expect(HostConfig.LogConfig.Config, service).toMatchObject({ "max-size": "10m" });
      if (!ROOT_AT_START.includes(service)) expect(Config.User, service).not.toMatch(/^(|0|root)(:|$)/);
    }
    expect(docker("top", containerOf("postgres"), "-o", "pid,uid,args")).not.toMatch(/^\d+ +0 .*bin\/postgres/m);
  });

  test("only the API is published, and only to this machine", () => {
    const published = SERVICES.flatMap((service) =>
      Object.values(inspect(containerOf(service)).HostConfig.PortBindings ?? {}).flatMap((bindings) =>
        (bindings ?? []).map(({ HostIp }) => `${service} at ${HostIp}`),
      ),
    );
    expect(published).toEqual(["api at 127.0.0.1"]);
  });

  test("an idle API container needs at most 200 MiB", () => {
    const mebibytes = memoryMebibytes(containerOf("api"));
    console.log(`Idle: api ${mebibytes} MiB, consumer ${memoryMebibytes(containerOf("consumer"))} MiB.`);
    expect(mebibytes).toBeLessThan(200);
  });

  test("the consumers run an http job", async () => {
    const job = await ask("POST", "/api/v1/jobs", {
      key,
      json: { queue: "calls", kind: "http", payload: { url: "http://api:8787/health", method: "GET" } },
    });
    expect(await finished(key, job.id)).toMatchObject({ state: "completed" });
  });

  test("the profile gpu brings a runner, which trains a model on an upload", async () => {
    compose("--profile", "gpu", "up", "-d", "gpu-runner");
    const upload = await ask("POST", "/api/v1/uploads", { key, text: "the quick brown fox jumps over the lazy dog. ".repeat(400) });
    const { jobId } = await ask("POST", "/api/train", { key, json: { datasetUploadId: upload.id } });
    expect(await finished(key, jobId)).toMatchObject({ state: "completed", result: { engine: "ngram" } });
  });

  test("Prometheus scrapes every process and has read all rules", async () => {
    const query = (path: string) =>
      JSON.parse(
        docker(
          "exec",
          containerOf("prometheus"),
          "sh",
          "-c",
          `curl -fs 'http://127.0.0.1:9090${path}' || wget -qO- 'http://127.0.0.1:9090${path}'`,
        ),
      );
    await eventually(
      async () => {
        const { data } = query("/api/v1/query?query=sum(up%7Bjob=%22millrace%22%7D)");
        expect(data.result[0]?.value[1]).toBe("2");
      },
      { seconds: 60 },
    );
    expect(query("/api/v1/rules").data.groups).toHaveLength(2);
  });

  test.each(SERVICES)("%s that crashes is started again by itself", async (service) => {
    const container = containerOf(service);
    process.kill(inspect(container).State.Pid, "SIGKILL");
    await eventually(
      async () => {
        expect(inspect(container).RestartCount).toBe(1);
        expect(isHealthy(container)).toBe(true);
      },
      { seconds: 60 },
    );
  });

  test("what `docker kill` ended is there again after `up`, and the others healed meanwhile", async () => {
    for (const service of SERVICES) {
      docker("kill", containerOf(service));
      compose("up", "-d");
      await untilHealthy(SERVICES);
    }
    const ready = await fetch(`${URL_OF_API}/health/ready`);
    expect(ready.status).toBe(200);
  });

  test("`down` and `up` keep jobs, results, uploads and keys", async () => {
    const before = await ask("GET", "/api/v1/jobs?limit=100", { key });
    compose("--profile", "gpu", "down");
    compose("up", "-d");
    await untilHealthy(SERVICES);
    const after = await ask("GET", "/api/v1/jobs?limit=100", { key });
    expect(before.items.length).toBeGreaterThan(0);
    expect(after.items).toEqual(before.items);
  });

  test("consumers scale", async () => {
    compose("up", "-d", "--no-recreate", "--scale", "consumer=2");
    await eventually(async () => expect(isHealthy(containerOf("consumer", 1))).toBe(true), { seconds: 60 });
  });

  test("the profile tls serves HTTPS with HSTS, and keeps the figures to itself", async () => {
    compose("--profile", "tls", "up", "-d", "--no-recreate", "caddy");
    await eventually(async () => expect((await askTls("/health")).status).toBe(200), { seconds: 60 });
    expect((await askTls("/health")).headers["strict-transport-security"]).toContain("max-age=31536000");
    expect((await askTls("/metrics")).status).toBe(404);
  });
});
