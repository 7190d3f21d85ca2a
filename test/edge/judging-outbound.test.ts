// Calls on Deno, where no network in front of us refuses addresses: what a name leads to is judged before it is connected to.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createJudgingOutbound } from "../../src/adapters/deno/outbound.ts";

describe("The judging outbound network", () => {
  let target: Server;
  let port: number;
  const requests: string[] = [];

  beforeAll(async () => {
    target = createServer((request, response) => {
      requests.push(`${request.method} ${request.headers.host}${request.url}`);
      if (request.url === "/redirect") response.writeHead(302, { location: "/elsewhere" }).end();
      else if (request.url === "/slow") setTimeout(() => response.end("late"), 5_000).unref();
      else request.pipe(response);
    });
    await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
    port = (target.address() as AddressInfo).port;
  });
  afterAll(() => {
    target.closeAllConnections();
    target.close();
  });

  const call = (url: string, init: RequestInit = {}, judge = (address: string): string | null => (address === "::1" ? "no IPv6" : null)) =>
    createJudgingOutbound(judge).fetch(new Request(url, init), AbortSignal.timeout(1_000));

  test("does not connect to a name all of whose addresses are refused", async () => {
    await expect(call(`http://localhost:${port}/`, {}, () => "refused")).rejects.toThrow(/the address is not allowed/);
    expect(requests).toEqual([]);
  });

  test("connects to the address that was allowed, under the name that was asked for", async () => {
    const response = await call(`http://localhost:${port}/path?q=1`, { method: "POST", body: "hello" });
    expect(await response.text()).toBe("hello");
    expect(requests.at(-1)).toBe(`POST localhost:${port}/path?q=1`);
  });

  test("follows no redirect", async () => {
    const response = await call(`http://127.0.0.1:${port}/redirect`);
    expect([response.status, response.headers.get("location")]).toEqual([302, "/elsewhere"]);
  });

  test("ends when its signal does", async () => {
    await expect(call(`http://127.0.0.1:${port}/slow`)).rejects.toThrow(/timeout/i);
  });
});
