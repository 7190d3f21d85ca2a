// What every browser test stands on: the product as a user starts it, one browser, and pages that tattle.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { type Client, createClient } from "../../src/client/index.ts";
import { launchBrowser } from "../support/chromium.ts";

export interface Stage {
  url: string;
  key: string;
  client: Client;
  browser: Browser;
  stop: () => Promise<void>;
}

const START_MS = 90_000;
const WAIT_MS = 12_000;
const ROOT = new URL("../../", import.meta.url);

/** `BROWSER_TEST_URL` and `BROWSER_TEST_KEY` point the tests at a server that already runs, such as Vite's. */
export async function setStage(): Promise<Stage> {
  const [browser, product] = await Promise.all([launchBrowser(), process.env.BROWSER_TEST_URL ? attach() : startProduct()]);
  const { url, key } = product;
  const stop = async () => {
    await browser.close();
    await product.stop();
  };
  return { url, key, browser, client: createClient({ baseUrl: url, key }), stop };
}

interface Product {
  url: string;
  key: string;
  stop: () => Promise<void>;
}

async function attach(): Promise<Product> {
  return { url: process.env.BROWSER_TEST_URL ?? "", key: process.env.BROWSER_TEST_KEY ?? "", stop: async () => undefined };
}

async function startProduct(): Promise<Product> {
  const data = await mkdtemp(join(tmpdir(), "millrace-browser-"));
  const port = await freePort();
  const key = `mr_${"browser-test-".repeat(3)}${port}`;
  const child = spawn(process.execPath, ["src/entry/local.ts", "--port", String(port), "--data", data], {
    cwd: ROOT,
    env: { ...process.env, MILLRACE_ADMIN_KEY: key },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => (output += bytes));
  const ended = once(child, "exit");
  const url = `http://localhost:${port}`;
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_MS;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`Millrace did not start on ${url}:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, key, stop };
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health/ready`).catch(() => null);
  return answer?.ok ?? false;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("The machine gave no free port.");
  return address.port;
}

interface PageOptions {
  path?: string;
  width?: number;
  height?: number;
  colorScheme?: "light" | "dark";
  reducedMotion?: "reduce";
  isLoggedIn?: boolean;
}

/** A page of its own browser context. Closing it fails the test if the page complained: a thrown error, a blocked resource. */
export async function openPage(stage: Stage, options: PageOptions = {}): Promise<{ page: Page; close: () => Promise<void> }> {
  const { path = "/jobs", width = 1280, height = 860, isLoggedIn = true, ...media } = options;
  const context = await stage.browser.newContext({ viewport: { width, height }, ...media });
  // Less than a test may take, so that what was waited for is named.
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // Refused requests are what some tests are about; the page says so in its own words.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  if (isLoggedIn) {
    const answer = await context.request.post(`${stage.url}/api/v1/session`, { data: { key: stage.key } });
    if (!answer.ok()) throw new Error(`Logging in was answered ${answer.status()}: ${await answer.text()}`);
  }
  await page.goto(stage.url + path);
  const close = async () => {
    await context.close();
    if (complaints.length > 0) throw new Error(`The page complained:\n${complaints.join("\n")}`);
  };
  return { page, close };
}
