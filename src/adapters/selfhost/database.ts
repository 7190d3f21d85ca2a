// The Postgres pool, held by the resident object (in workerd a socket belongs to the object that opened it) and by tests.
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import type { Db } from "../../db/database.ts";
import { PARSERS, toText } from "../neutral/pg-text.ts";

export type DatabaseOptions = {
  /** Connections. PGlite is one session: 1 there. */
  max: number;
  /** Statements a connection may hold in flight beyond the running one. More hides latency, but queues behind slow statements. */
  maxPipeline?: number;
  connectTimeoutSeconds?: number;
};

export type Database = {
  db: Db;
  /** Ends every connection, at the latest after so many seconds. */
  close(timeoutSeconds?: number): Promise<void>;
};

/**
 * Opens the pool; connections are made when first needed, and again after they are lost.
 * `db.execute(sql\`…\`)` reads timestamptz as text in UTC ("2026-01-31 08:30:00.123456+00"), int8 as numbers while they are
 * exact, numeric as text, jsonb parsed. Arrays go in by `sql.param([…])`, JSON as JSON text.
 */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const pipeline = { max_pipeline: options.maxPipeline ?? 100 }; // left out of the driver's types
  const client = postgres(url, {
    ...pipeline,
    max: options.max,
    connect_timeout: options.connectTimeoutSeconds ?? 5,
    // Reconnecting is cheap and somebody waits: at most a second between tries.
    backoff: (tries: number) => Math.min(1, 0.05 * 2 ** tries),
    prepare: true,
    // Types are looked up by their fixed ids (pg-text.ts): one statement less for every connection.
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: "millrace", TimeZone: "UTC" },
  });
  const db = drizzle(adapt(client)) as unknown as Db;
  // After drizzle, which sets its own: everything out is text already, everything in is read by our parsers.
  const types = client.options as unknown as { parsers: Record<string, unknown>; serializers: Record<string, unknown> };
  for (const oid of Object.keys(types.serializers)) types.serializers[oid] = (value: unknown) => value;
  Object.assign(types.parsers, PARSERS);
  return { db, close: (timeoutSeconds = 5) => client.end({ timeout: timeoutSeconds }) };
}

type Pending = { reject: (error: unknown) => void };
type Unsafe = (query: string, parameters?: unknown[], options?: object) => Pending;

/**
 * The driver, with every parameterised statement prepared once per connection. drizzle asks for unprepared ones, which
 * cost the driver a second round trip each to learn the parameters' types, and rule pipelining out.
 */
function adapt(client: postgres.Sql): postgres.Sql {
  const unsafe = client.unsafe.bind(client) as unknown as Unsafe;
  const adapted: Unsafe = (query, parameters = [], options = {}) => {
    const pending = unsafe(query, parameters.map(toText), { ...options, prepare: parameters.length > 0 });
    const reject = pending.reject;
    pending.reject = (error) => reject(withCode(error));
    return pending;
  };
  return Object.assign(client, { unsafe: adapted }) as postgres.Sql;
}

const LOST_CONNECTION = /network connection lost|proxy request failed|connection (refused|reset)|socket.*closed|stream has been closed/i;

/** workerd's sockets fail without a code: their errors get the one that the driver gives to a lost connection. */
function withCode(error: unknown): unknown {
  if (error instanceof Error && !("code" in error) && LOST_CONNECTION.test(error.message)) {
    Object.assign(error, { code: "CONNECTION_CLOSED" });
  }
  return error;
}
