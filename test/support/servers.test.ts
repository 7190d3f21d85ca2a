// The test support itself: each server starts, answers, and leaves nothing behind.
import { createServer } from "node:http";
import { connect } from "node:net";
import postgres from "postgres";
import { describe, expect, inject, test } from "vitest";
import { launchBrowser } from "./chromium.ts";
import { describeEachDatabase } from "./databases.ts";
import { connectTo } from "./servers/free-port.ts";
import { startPostgres } from "./servers/postgres-server.ts";
import { startRedis } from "./servers/redis-server.ts";

describeEachDatabase("a suite's database", (db) => {
  test("is at the newest schema", async () => {
    const [row] = await db().sql`select name from millrace.workspaces`;
    expect(row).toEqual({ name: "default" });
  });

  test("takes the connections of the code under test beside the test's own", async () => {
    const other = postgres(db().url, { max: db().poolSize, fetch_types: false });
    const ask = (sql: postgres.Sql, from: number) => Array.from({ length: 20 }, (_, i) => sql`select ${from + i}::int as n`);
    const rows = await Promise.all([...ask(db().sql, 0), ...ask(other, 100)]);
    await other.end();
    expect(rows.map(([row]) => row?.n)).toEqual([...Array(20).keys(), ...Array.from({ length: 20 }, (_, i) => 100 + i)]);
  });
});

describe("a server of a suite's own", () => {
  test.skipIf(process.env.TEST_DATABASE_URL || inject("postgresUrl") === null)("Postgres is gone after stop()", async () => {
    const server = await startPostgres();
    await connectTo(Number(new URL(server.url).port));
    await server.stop();
    await expect(connectTo(Number(new URL(server.url).port))).rejects.toThrow("ECONNREFUSED");
  });

  test.skipIf(process.env.TEST_REDIS_URL || inject("redisUrl") === null)("Redis answers, and is gone after stop()", async () => {
    const server = await startRedis();
    const port = Number(new URL(server.url).port);
    expect(await pingRedis(port)).toBe("+PONG\r\n");
    await server.stop();
    await expect(connectTo(port)).rejects.toThrow("ECONNREFUSED");
  });
});

test("Chromium shows a page of ours", async () => {
  const site = createServer((_request, response) => response.end("<title>Millrace</title>"));
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  const browser = await launchBrowser();
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(site.address() as { port: number }).port}/`);
  expect(await page.title()).toBe("Millrace");
  await browser.close();
  site.close();
});

function pingRedis(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.once("error", reject);
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString());
    });
  });
}
