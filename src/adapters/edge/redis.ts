// Redis over Upstash's REST API. Commands of one turn travel in one request.
import { Redis } from "@upstash/redis/cloudflare";

export type UpstashOptions = { url: string; token: string };

const TIMEOUT_MILLISECONDS = 3_000;

/** A client for one request: on the edge, pending commands must not be shared between requests. */
export function openUpstash({ url, token }: UpstashOptions): Redis {
  return new Redis({
    url,
    token,
    enableAutoPipelining: true,
    // Values are ours as text; a string of digits must stay one.
    automaticDeserialization: false,
    enableTelemetry: false,
    retry: { retries: 1, backoff: () => 50 },
    signal: () => AbortSignal.timeout(TIMEOUT_MILLISECONDS),
  });
}

/** Why a command failed, without the command: it holds what jobs say. */
export function describeFailure(error: unknown): string {
  return String(error).split(", command was")[0] ?? "";
}
