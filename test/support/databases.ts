// A migrated database for each suite, on Postgres and on PGlite: the same tests must hold on both.
import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { afterAll, beforeAll, describe, inject } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { loadMigrations } from "../../src/entry/migrations.ts";
import { startPglite } from "./servers/pglite-server.ts";

export const ENGINES = ["postgres", "pglite"] as const;
export type Engine = (typeof ENGINES)[number];

export interface TestDatabase {
  engine: Engine;
  url: string;
  /** Connections that the code under test may open at once. PGlite is one session: 1 there. */
  poolSize: number;
  /** For the test's own statements. */
  sql: postgres.Sql;
  drop(): Promise<void>;
}

const POSTGRES_POOL = 10;

/** A fresh database at the newest schema. Suites should prefer `describeEachDatabase`, which also drops it. */
export async function createTestDatabase(engine: Engine = "postgres"): Promise<TestDatabase> {
  const { url, drop } = engine === "postgres" ? await createOnPostgres() : await createOnPglite();
  const poolSize = engine === "postgres" ? POSTGRES_POOL : 1;
  const sql = connect(url, poolSize);
  await migrate((statement) => sql.unsafe(statement), loadMigrations());
  return {
    engine,
    url,
    poolSize,
    sql,
    async drop() {
      await sql.end({ timeout: 5 });
      await drop();
    },
  };
}

/**
 * Runs the suite once per engine, each time with a database of its own.
 * @example
 * describeEachDatabase("enqueue", (db) => {
 *   test("stores the job", async () => { await db().sql`…`; });
 * });
 */
export function describeEachDatabase(name: string, suite: (db: () => TestDatabase) => void, engines: readonly Engine[] = ENGINES): void {
  for (const engine of engines) {
    // Without CI a machine may lack Postgres: the global setup has said what to install, and these show as skipped.
    const isMissing = engine === "postgres" && inject("postgresUrl") === null;
    describe.skipIf(isMissing)(`${name} (${engine})`, () => {
      let database: TestDatabase | undefined;
      beforeAll(async () => {
        database = await createTestDatabase(engine);
      });
      afterAll(async () => {
        await database?.drop();
      });
      suite(() => {
        if (!database) throw new Error("The database exists from beforeAll on: call db() inside a test or a hook.");
        return database;
      });
    });
  }
}

async function createOnPostgres() {
  const server = inject("postgresUrl");
  if (server === null)
    throw new Error("This test needs Postgres: set TEST_DATABASE_URL or install it (Debian, Ubuntu: apt-get install postgresql).");
  const name = `millrace_${randomUUID().replaceAll("-", "")}`;
  await once(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => once(server, `drop database if exists ${name} with (force)`) };
}

async function createOnPglite() {
  const server = await startPglite();
  return { url: server.url, drop: server.stop };
}

async function once(url: string, statement: string): Promise<void> {
  const sql = connect(url, 1);
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function connect(url: string, max: number): postgres.Sql {
  return postgres(url, { max, onnotice: () => {}, fetch_types: false });
}
