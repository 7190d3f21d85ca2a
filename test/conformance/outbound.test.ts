// What every outbound network must do: reach what is allowed, refuse what is not after names are resolved, follow nothing.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorkerd, type TestWorkerd } from "./support/start-workerd.ts";

let target: Server;
let port: number;
let strict: TestWorkerd;
let lenient: TestWorkerd;
let requests = 0;

beforeAll(async () => {
  target = createServer((request, response) => {
    requests++;
    if (request.url === "/redirect") response.writeHead(302, { location: "/elsewhere" }).end();
    else if (request.url === "/slow") setTimeout(() => response.end("late"), 5_000).unref();
    else response.end("reached");
  });
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  port = (target.address() as AddressInfo).port;
  [strict, lenient] = await Promise.all([startWorkerd(), startWorkerd({ httpAllow: ["127.0.0.0/8"] })]);
});
afterAll(async () => {
  await Promise.all([strict.stop(), lenient.stop()]);
  target.closeAllConnections();
  await new Promise((resolve) => target.close(resolve));
});

async function call(workerd: TestWorkerd, url: string, timeout = 5_000) {
  const response = await fetch(`${workerd.url}/outbound?${new URLSearchParams({ url, timeout: String(timeout) })}`);
  return (await response.json()) as { status?: number; location?: string | null; text?: string; error?: string };
}

describe("the selfhost outbound network", () => {
  test.each([
    "127.0.0.1",
    "localhost",
    "2130706433",
    "0x7f.1",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "0.0.0.0",
    "169.254.169.254",
  ])("refuses http://%s", async (host) => {
    const before = requests;
    const { error } = await call(strict, `http://${host}:${port}/`, 3_000);
    expect(error).toMatch(/Cannot connect/);
    expect(requests).toBe(before);
  });

  test("reaches an address that configuration allows, by number and by name", async () => {
    expect(await call(lenient, `http://127.0.0.1:${port}/`)).toMatchObject({ status: 200, text: "reached" });
    expect(await call(lenient, `http://localhost:${port}/`)).toMatchObject({ status: 200, text: "reached" });
  });

  test("does not follow a redirect", async () => {
    expect(await call(lenient, `http://127.0.0.1:${port}/redirect`)).toMatchObject({ status: 302, location: "/elsewhere" });
  });

  test("ends when its signal aborts", async () => {
    const started = Date.now();
    expect((await call(lenient, `http://127.0.0.1:${port}/slow`, 300)).error).toMatch(/Timeout|abort/i);
    expect(Date.now() - started).toBeLessThan(3_000);
  });

  test("says that a connection was refused without leaking the runtime's words", async () => {
    const { error } = await call(lenient, "http://127.0.0.1:1/");
    expect(error).toMatch(/Cannot connect to 127\.0\.0\.1:1/);
    expect(error).not.toMatch(/internal error/);
  });
});
