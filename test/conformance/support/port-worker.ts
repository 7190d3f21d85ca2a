// A Worker that lets tests reach the adapters which only run inside workerd: POST /<verb> calls one.

import { sql } from "drizzle-orm";
import { createDiskBlobStore } from "../../../src/adapters/selfhost/blob-store.ts";
import { openDatabase } from "../../../src/adapters/selfhost/database.ts";
import { createOutbound } from "../../../src/adapters/selfhost/outbound.ts";

type Fetcher = { fetch(input: Request): Promise<Response> };
type Env = { BLOBS: Fetcher; OUTBOUND: Fetcher; RESIDENT: { idFromName(name: string): unknown; get(id: unknown): Fetcher } };

/** Sockets to Postgres belong to the object that opened them. */
export class Resident {
  readonly #database;

  constructor(_state: unknown, env: Env & { DATABASE_URL: string }) {
    this.#database = openDatabase(env.DATABASE_URL, { max: 3, connectTimeoutSeconds: 2 }).db;
  }

  async fetch(request: Request): Promise<Response> {
    const statement = await request.text();
    try {
      return Response.json({ rows: await this.#database.execute(sql.raw(statement)) });
    } catch (error) {
      return Response.json({ code: (error as { cause?: { code?: string } }).cause?.code ?? null });
    }
  }
}

// biome-ignore lint/style/noDefaultExport: workerd runs a module's default export
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    const key = url.searchParams.get("key") ?? "";
    const blobs = createDiskBlobStore(env.BLOBS);
    try {
      switch (url.pathname) {
        case "/sql":
          return env.RESIDENT.get(env.RESIDENT.idFromName("one")).fetch(request);
        case "/put":
          await blobs.put(key, request.body ?? new Blob([]).stream(), numberOf(url, "length"));
          return new Response("stored");
        case "/put-broken":
          await blobs.put(key, brokenAfter(numberOf(url, "bytes") ?? 0));
          return new Response("stored");
        case "/get": {
          const offset = numberOf(url, "offset");
          const body = await blobs.get(key, offset === undefined ? undefined : { offset, length: numberOf(url, "length") ?? 0 });
          return body ? new Response(body) : new Response("no such key", { status: 404 });
        }
        case "/delete":
          await blobs.delete(key);
          return new Response("deleted");
        case "/check":
          await blobs.check();
          return new Response("fine");
        default: {
          const signal = AbortSignal.timeout(numberOf(url, "timeout") ?? 5_000);
          const answer = await createOutbound(env.OUTBOUND).fetch(new Request(url.searchParams.get("url") ?? ""), signal);
          return Response.json({ status: answer.status, location: answer.headers.get("location"), text: await answer.text() });
        }
      }
    } catch (error) {
      return Response.json({ error: String(error) }, { status: 500 });
    }
  },
};

function numberOf(url: URL, name: string): number | undefined {
  const text = url.searchParams.get(name);
  return text === null ? undefined : Number(text);
}

/** A body that fails after so many bytes, as an upload does whose sender goes away. */
function brokenAfter(bytes: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(bytes)),
    pull: (controller) => controller.error(new Error("the sender went away")),
  });
}
