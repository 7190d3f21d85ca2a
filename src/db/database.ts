// The database handle that queries take: drizzle over whichever driver the profile brings.
import { type SQL, sql } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";

// biome-ignore lint/suspicious/noExplicitAny: the schema parameter differs by driver and no query depends on it
export type Db = PgDatabase<PgQueryResultHKT, any, any>;

/** Runs one statement and returns its rows, whatever shape the driver wraps them in. */
export async function rows<Row>(db: Db, query: SQL): Promise<Row[]> {
  const result = (await db.execute(query)) as unknown;
  return (Array.isArray(result) ? result : (result as { rows: unknown[] }).rows) as Row[];
}

/** A text[] parameter as a literal: drivers differ in how they send arrays. */
export function textArray(values: readonly string[] | null | undefined): SQL {
  if (values == null) return sql`null::text[]`;
  const literal = `{${values.map((value) => `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`).join(",")}}`;
  return sql`${literal}::text[]`;
}

/** A jsonb parameter. `undefined` is SQL null; `null` is JSON null. */
export function json(value: unknown): SQL {
  return value === undefined ? sql`null::jsonb` : sql`${JSON.stringify(value)}::text::jsonb`;
}

/** A timestamptz as drivers return it ("2026-01-31 08:30:00.123456+00" or a Date) in RFC 3339 with milliseconds. */
export function instant(value: string | Date): string {
  if (typeof value === "string" && value[10] === " " && value.endsWith("+00")) {
    const fraction = value.slice(20, -3).padEnd(3, "0").slice(0, 3);
    return `${value.slice(0, 10)}T${value.slice(11, 19)}.${fraction}Z`;
  }
  return new Date(value).toISOString();
}

export function instantOrNull(value: string | Date | null): string | null {
  return value === null ? null : instant(value);
}
