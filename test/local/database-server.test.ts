// The database process's server: several clients, and clients that vanish in the middle of something.
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Backend } from "../../src/entry/local/database/backend.ts";
import { maintain } from "../../src/entry/local/database/maintenance.ts";
import { type DatabaseServer, serveDatabase } from "../../src/entry/local/database/server.ts";

const PASSWORD = "a password";
let pglite: PGlite;
let backend: Backend;
let server: DatabaseServer;
const fatal: unknown[] = [];
const clients: postgres.Sql[] = [];

beforeAll(async () => {
  pglite = await PGlite.create();
  backend = new Backend(pglite, (error) => fatal.push(error));
  server = await serveDatabase({ backend, password: PASSWORD, port: 0 });
  const sql = client();
  await sql`create table things (id int primary key)`;
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((sql) => sql.end({ timeout: 1 })));
  expect(fatal).toEqual([]);
});
afterAll(async () => {
  await server.close();
  await pglite.close();
});

function client(password = PASSWORD): postgres.Sql {
  const sql = postgres({
    host: "127.0.0.1",
    port: server.port,
    user: "postgres",
    database: "postgres",
    password,
    max: 1,
    fetch_types: false,
    onnotice: () => {},
  });
  clients.push(sql);
  return sql;
}

function message(type: string, body = ""): Buffer {
  const bytes = Buffer.alloc(5 + Buffer.byteLength(body));
  bytes.write(type, 0, "latin1");
  bytes.writeInt32BE(bytes.length - 1, 1);
  bytes.write(body, 5);
  return bytes;
}

/** Connects, sends `parts`, and is gone without a word, as after a kill -9. */
async function vanishAfter(...parts: Buffer[]): Promise<void> {
  const startup = Buffer.from("\0\0\0\0\0\x03\0\0user\0postgres\0database\0postgres\0\0", "latin1");
  startup.writeInt32BE(startup.length, 0);
  const socket: Socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => {});
  const firstAnswers = new Promise<void>((resolve) => {
    let seen = "";
    socket.on("data", (chunk) => {
      seen += chunk.toString("latin1");
      if (seen.includes("Z\0\0\0\x05I")) resolve();
    });
  });
  socket.write(Buffer.concat([startup, message("p", `${PASSWORD}\0`)]));
  await firstAnswers;
  socket.write(Buffer.concat(parts));
  await sleep(30);
  socket.destroy();
}

const PARSE_WRONG = message("P", "\0select nope\0\0\0");
const FLUSH = message("H");

describe("after a client vanished", () => {
  test.each([
    ["between a failed Parse and its Sync", [PARSE_WRONG, FLUSH]],
    ["in an open transaction", [message("Q", "begin; insert into things values (1); select 1\0")]],
    ["in a failed transaction", [message("Q", "begin\0"), message("Q", "select nope\0")]],
    ["in the middle of a message", [message("Q", "insert into things values (2)\0").subarray(0, 12)]],
    [
      "having run a statement without its Sync",
      [message("P", "\0insert into things values (3)\0\0\0"), message("B", "\0\0\0\0\0\0\0\0"), message("E", "\0\0\0\0\0")],
    ],
  ])("%s, the next one works and nothing of it stays", async (_, parts) => {
    await vanishAfter(...parts);
    const sql = client();
    expect(await sql`select ${7}::int as seven, (select count(*)::int from things where id < 3) as left`).toEqual([{ seven: 7, left: 0 }]);
  });

  test("its settings and prepared statements are gone", async () => {
    await vanishAfter(message("Q", "set work_mem = '9MB'; prepare kept as select 1\0"));
    const sql = client();
    expect((await sql`select ${1}::int as one, current_setting('work_mem') <> '9MB' as clean`)[0]).toEqual({ one: 1, clean: true });
    expect((await sql`select count(*)::int as count from pg_prepared_statements where name = 'kept'`)[0]).toEqual({ count: 0 });
  });
});

describe("several clients", () => {
  test("never see each other's unfinished transactions", async () => {
    const [a, b] = [client(), client()];
    await a`select 1`;
    await b`select 1`;
    const order: string[] = [];
    await Promise.all([
      a.begin(async (transaction) => {
        await transaction`insert into things values (10)`;
        await sleep(100);
        await transaction`insert into things values (11)`;
        order.push("a");
      }),
      sleep(30).then(async () => {
        const [row] = await b`select count(*)::int as count from things where id in (10, 11)`;
        order.push(`b saw ${row?.count}`);
      }),
    ]);
    expect(order).toEqual(["a", "b saw 2"]);
  });

  test("run many prepared statements side by side", async () => {
    const pool = Array.from({ length: 4 }, () => client());
    const answers = await Promise.all(
      pool.flatMap((sql, c) => Array.from({ length: 50 }, (_, n) => sql`select ${c}::int * 100 + ${n}::int as value`)),
    );
    expect(answers.map(([row]) => row?.value)).toEqual(
      Array.from({ length: 200 }, (_, index) => Math.floor(index / 50) * 100 + (index % 50)),
    );
  });
});

test("a wrong password is refused", async () => {
  await expect(client("another")`select 1`).rejects.toMatchObject({ code: "28P01" });
});

test("a megabyte goes there and back", async () => {
  const text = "é".repeat(500_000);
  expect((await client()`select ${text}::text as text`)[0]?.text).toBe(text);
});

test("maintenance removes dead rows and gathers statistics, as autovacuum would", async () => {
  const sql = client();
  await sql`create table busy (id int primary key, value text)`;
  await sql`insert into busy select n, 'x' from generate_series(1, 5000) n`;
  await sql`update busy set value = 'y'`;
  const over = new AbortController();
  const errors: unknown[] = [];
  const ended = maintain(backend, { signal: over.signal, onError: (error) => errors.push(error), intervalMilliseconds: 20 });
  const stats = async () =>
    (
      await sql`select n_dead_tup::int as dead, reltuples::int as rows from pg_stat_user_tables s join pg_class c on c.oid = s.relid where s.relname = 'busy'`
    )[0];
  await expect.poll(stats, { timeout: 10_000 }).toEqual({ dead: 0, rows: 5000 });
  over.abort();
  await ended;
  expect(errors).toEqual([]);
});
