// The Compose file, brought up for real under a project name and port of its own, and what tests ask of it.
import { execFileSync, spawnSync } from "node:child_process";
import type { IncomingHttpHeaders } from "node:http";
import { get } from "node:https";
import { ROOT } from "../../scripts/build/build-if-stale.ts";
import { eventually } from "../support/servers/free-port.ts";

const PROJECT = "millrace-compose-test";
const PORT = "18787";
const HTTPS_PORT = "18443";
export const URL_OF_API = `http://127.0.0.1:${PORT}`;
export const IMAGES = { main: "millrace:compose-test", runner: "millrace-gpu-runner:compose-test" };

/** Compose v2 where there is one, else docker-compose. */
const COMPOSE = spawnSync("docker", ["compose", "version"]).status === 0 ? ["docker", "compose"] : ["docker-compose"];

const ENVIRONMENT = {
  ...process.env,
  MILLRACE_IMAGE: IMAGES.main,
  MILLRACE_RUNNER_IMAGE: IMAGES.runner,
  MILLRACE_PORT: PORT,
  HTTPS_PORT,
  HTTP_PORT: "18080",
  MILLRACE_HTTP_ALLOW: "private",
};

export function compose(...args: string[]): string {
  const [program = "", ...rest] = [...COMPOSE, "-p", PROJECT, "-f", "docker-compose.selfhost.yml", ...args];
  return execFileSync(program, rest, { cwd: ROOT, env: ENVIRONMENT, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

export function docker(...args: string[]): string {
  return execFileSync("docker", args, { cwd: ROOT, encoding: "utf8", env: { ...process.env, DOCKER_BUILDKIT: buildKit() } });
}

/** An engine without the buildx plugin builds in the old way. */
function buildKit(): string {
  return spawnSync("docker", ["buildx", "version"]).status === 0 ? "1" : "0";
}

/** MILLRACE_TEST_BUILD_NETWORK=host is for engines whose containers cannot reach a package registry otherwise. */
export function buildImages(): void {
  const network = process.env.MILLRACE_TEST_BUILD_NETWORK;
  const options = network ? ["--network", network] : [];
  docker("build", "-q", ...options, "-t", IMAGES.main, ".");
  docker("build", "-q", ...options, "-t", IMAGES.runner, "-f", "gpu-runner/Dockerfile", "--target", "cpu", ".");
}

/** The container of a service; `index` for one of several. */
export function containerOf(service: string, index = 0): string {
  const id = compose("ps", "-q", service).trim().split("\n")[index];
  if (!id) throw new Error(`The service ${service} has no container ${index}.`);
  return id;
}

export type Container = {
  State: { Status: string; Pid: number; ExitCode: number; Health?: { Status: string } };
  RestartCount: number;
  Config: { User: string; Labels: Record<string, string> };
  HostConfig: {
    ReadonlyRootfs: boolean;
    CapDrop: string[] | null;
    SecurityOpt: string[] | null;
    Memory: number;
    PidsLimit: number | null;
    LogConfig: { Config: Record<string, string> };
    PortBindings: Record<string, { HostIp: string }[] | null> | null;
  };
};

export function inspect(container: string): Container {
  return JSON.parse(docker("inspect", container))[0];
}

export function isHealthy(container: string): boolean {
  const { State } = inspect(container);
  return State.Status === "running" && State.Health?.Status === "healthy";
}

/** Resolves with the seconds it took until every one of these services is healthy. */
export async function untilHealthy(services: readonly string[], seconds = 90): Promise<number> {
  const startedAt = performance.now();
  await eventually(
    async () => {
      const ill = services.filter((service) => !isHealthy(containerOf(service)));
      if (ill.length > 0) throw new Error(`${ill.join(", ")} not healthy:\n${compose("ps")}`);
    },
    { seconds },
  );
  return (performance.now() - startedAt) / 1000;
}

/** What `docker stats` shows as a container's memory, in MiB. */
export function memoryMebibytes(container: string): number {
  const [, amount = "", unit] = /^([\d.]+)([KMG])iB/.exec(docker("stats", "--no-stream", "--format", "{{.MemUsage}}", container)) ?? [];
  return Number(amount) * (unit === "G" ? 1024 : unit === "K" ? 1 / 1024 : 1);
}

/** The admin key, from the log of the service that made it. */
export function adminKey(): string {
  const [key] = /mr_[\w-]{40,}/.exec(compose("logs", "--no-color", "secrets")) ?? [];
  if (!key) throw new Error("The service secrets printed no admin key.");
  return key;
}

export async function ask(method: string, path: string, { key, json, text }: { key: string; json?: unknown; text?: string }) {
  const body = json === undefined ? text : JSON.stringify(json);
  // A connection that is kept would be one to a container that is gone.
  const headers = {
    authorization: `Bearer ${key}`,
    connection: "close",
    ...(json === undefined ? {} : { "content-type": "application/json" }),
  };
  const response = await fetch(`${URL_OF_API}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  return (await response.json()) as any;
}

/** Through the proxy, whose certificate is its own CA's. */
export function askTls(path: string): Promise<{ status: number | undefined; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    get(`https://localhost:${HTTPS_PORT}${path}`, { rejectUnauthorized: false }, (response) => {
      response.resume();
      resolve({ status: response.statusCode, headers: response.headers });
    }).once("error", reject);
  });
}
