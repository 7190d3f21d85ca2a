// Neon's SQL over HTTP (https://github.com/neondatabase/neon/tree/main/proxy#sql-over-http), over a real Postgres: what the
// driver's neon() sends to /sql is one statement of the extended protocol, and comes back as text with the types' ids.
import postgres from "postgres";
import { type Call, sendJson, serve } from "./http-server.ts";

export type NeonEmulator = {
  /** What the deployment is given: the host is Neon's, the database the suite's. */
  databaseUrl: string;
  endpoint: string;
  /** Every statement that came, oldest first. */
  statements: string[];
  /** While set, requests are answered as Neon's proxy does when the compute does not wake up. */
  isAway: boolean;
  close(): Promise<void>;
};

type Statement = { query: string; params?: (string | null)[] };
type Result = postgres.RowList<postgres.Row[]>;

const PASSWORD = "neon-test-password";

export async function startNeon(databaseUrl: string): Promise<NeonEmulator> {
  const client = postgres(databaseUrl, { max: 10, fetch_types: false, onnotice: () => {}, connection: { TimeZone: "UTC" } });
  // Everything travels as text, in and out.
  const types = client.options as unknown as { parsers: Record<string, unknown>; serializers: Record<string, unknown> };
  for (const oid of Object.keys(types.parsers)) delete types.parsers[oid];
  for (const oid of Object.keys(types.serializers)) types.serializers[oid] = (value: unknown) => value;

  async function run({ query, params = [] }: Statement) {
    emulator.statements.push(query);
    // `simple: false`: Neon refuses several statements in one, as the extended protocol does.
    const result = (await client.unsafe(query, params, { prepare: true, simple: false } as never).values()) as unknown as Result;
    return {
      command: result.command,
      rowCount: result.count,
      fields: result.columns?.map(({ name, type }) => ({ name, dataTypeID: type, format: "text" })) ?? [],
      rows: [...result],
      rowAsArray: true,
    };
  }

  const server = await serve(async (call, response) => {
    if (emulator.isAway) return sendJson(response, 503, { message: "Control plane request failed" });
    const refusal = refuse(call, new URL(databaseUrl).pathname);
    if (refusal) return sendJson(response, 400, refusal);
    try {
      sendJson(response, 200, await run(JSON.parse(call.body) as Statement));
    } catch (error) {
      if (!(error instanceof postgres.PostgresError)) throw error;
      const { message, code, severity, detail, hint, position, table_name: table, constraint_name: constraint } = error;
      sendJson(response, 400, { message, code, severity, detail, hint, position, table, constraint });
    }
  });
  const emulator: NeonEmulator = {
    databaseUrl: `postgres://millrace:${PASSWORD}@ep-test-123456.eu-central-1.aws.neon.tech${new URL(databaseUrl).pathname}`,
    endpoint: `${server.url}/sql`,
    statements: [],
    isAway: false,
    async close() {
      await server.close();
      await client.end({ timeout: 5 });
    },
  };
  return emulator;
}

/** What Neon's proxy would object to. */
function refuse({ method, path, headers }: Call, database: string): { message: string; code?: string } | null {
  if (method !== "POST" || path !== "/sql") return { message: `unexpected ${method} ${path}` };
  const given = new URL(String(headers["neon-connection-string"]));
  if (given.password !== PASSWORD) return { message: `password authentication failed for user '${given.username}'`, code: "28P01" };
  if (given.pathname !== database) return { message: `database "${given.pathname.slice(1)}" does not exist`, code: "3D000" };
  // The driver parses text and arrays by itself; it asks for nothing else.
  if (headers["neon-raw-text-output"] !== "true" || headers["neon-array-mode"] !== "true")
    return { message: "expected raw text in arrays" };
  return null;
}
