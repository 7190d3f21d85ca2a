// Postgres over Neon's HTTP driver: every statement is one HTTP request, so nothing is held between requests.
import { NeonDbError, neon, neonConfig } from "@neondatabase/serverless";
import { drizzle } from "drizzle-orm/neon-http";
import type { Db } from "../../db/database.ts";
import { PARSERS, toText } from "../neutral/pg-text.ts";

export type NeonOptions = {
  /** Where statements are POSTed, for Neon Local and tests; derived from the URL's host else. */
  endpoint?: string | undefined;
};

type Query = (statement: string, parameters: readonly unknown[], options: object) => Promise<unknown>;

/** `db.execute` reads and writes values as the self-hosted handle does; `db.transaction` throws: one statement is one transaction. */
export function openNeon(url: string, { endpoint }: NeonOptions = {}): Db {
  if (endpoint !== undefined) neonConfig.fetchEndpoint = endpoint;
  const send = neon(url).query as unknown as Query;
  const types = { getTypeParser: (oid: number) => PARSERS[oid] ?? String };
  const query: Query = async (statement, parameters, options) => {
    try {
      return await send(statement, parameters.map(toText), { ...options, types });
    } catch (error) {
      throw withCode(error);
    }
  };
  return drizzle({ query } as never) as unknown as Db;
}

// What Postgres refuses comes as a 400 with its SQLSTATE. Everything else is the way there: no connection, a gateway's
// error, too many requests.
const ON_THE_WAY = /^Error connecting to database|^Server error \(HTTP status (429|5\d\d)\)/;

function withCode(error: unknown): unknown {
  if (error instanceof NeonDbError && !error.code && ON_THE_WAY.test(error.message)) error.code = "CONNECTION_FAILED";
  return error;
}
