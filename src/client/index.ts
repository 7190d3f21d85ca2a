// The typed client of the Millrace API, for browsers, Workers, Deno and Node alike: it needs fetch and nothing else.
import { events } from "./events.ts";
import { jobs } from "./jobs.ts";
import { leases } from "./leases.ts";
import { keys, queues, runners } from "./queues.ts";
import { type ClientOptions, createTransport } from "./transport.ts";
import { uploads } from "./uploads.ts";

export { ApiError, NetworkError } from "./api-error.ts";
export type { CallOptions, ClientOptions, RequestOptions } from "./transport.ts";

/**
 * Every method throws `ApiError` for an answer that is not 2xx and `NetworkError` where there was none.
 *
 * @example
 * const client = createClient({ baseUrl: "http://localhost:8787", key: "mr_…" });
 * const job = await client.jobs.enqueue({ kind: "http", payload: { url: "https://example.com" } }, { waitSeconds: 10 });
 */
export function createClient(options: ClientOptions) {
  const transport = createTransport(options);
  return {
    jobs: jobs(transport),
    leases: leases(transport),
    uploads: uploads(transport),
    queues: queues(transport),
    runners: runners(transport),
    keys: keys(transport),
    events: events(transport),
    /** Any other path of the API, with the same authentication and errors. */
    request: transport.call,
  };
}

export type Client = ReturnType<typeof createClient>;
