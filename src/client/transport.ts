// Sends one request and turns what comes back into a value, an ApiError or a NetworkError.
import type { Problem } from "../contract/problem.ts";
import { ApiError, NetworkError, parseRetryAfter } from "./api-error.ts";

export type Fetch = typeof globalThis.fetch;

export interface ClientOptions {
  /** Where the API lives, such as `https://jobs.example.com`. The dashboard passes `""` for its own origin. */
  baseUrl: string;
  /** An API key `mr_…`. Without one the session cookie counts. */
  key?: string | undefined;
  /** Another implementation of fetch. */
  fetch?: Fetch | undefined;
}

/** What every method takes last. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
}

/** What fetch sends; named through RequestInit because not every host's types have BodyInit. */
export type RequestBody = NonNullable<RequestInit["body"]>;

export type QueryValue = string | number | boolean | null | undefined;

export interface RequestOptions extends CallOptions {
  query?: Record<string, QueryValue> | undefined;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is; a stream is never buffered. */
  body?: RequestBody | undefined;
  headers?: Record<string, string> | undefined;
}

export interface Transport {
  /** The response, whatever its body; throws unless it is 2xx. */
  send(method: string, path: string, options?: RequestOptions): Promise<Response>;
  /** The response's JSON; undefined for an empty body. */
  call<Result>(method: string, path: string, options?: RequestOptions): Promise<Result>;
}

export function createTransport({ baseUrl, key, fetch }: ClientOptions): Transport {
  const base = baseUrl.replace(/\/+$/, "");

  async function send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    const url = `${base}${path}${queryString(options.query)}`;
    const headers: Record<string, string> = { accept: "application/json", ...options.headers };
    if (key) headers.authorization = `Bearer ${key}`;
    const init: RequestInit & { duplex?: "half" } = { method, headers };
    if (options.json !== undefined) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(options.json);
    } else if (options.body !== undefined) {
      init.body = options.body;
      // The Fetch standard wants this word for stream bodies.
      if (options.body instanceof ReadableStream) init.duplex = "half";
    }
    if (options.signal) init.signal = options.signal;

    const response = await reach(url, options.signal, () => (fetch ?? globalThis.fetch)(url, init));
    if (!response.ok) throw await toApiError(response, `${method} ${path}`);
    return response;
  }

  async function call<Result>(method: string, path: string, options?: RequestOptions): Promise<Result> {
    const response = await send(method, path, options);
    const text = await reach(path, options?.signal, () => response.text());
    return (text === "" ? undefined : JSON.parse(text)) as Result;
  }

  return { send, call };
}

/** Runs `step`; what the network throws becomes a NetworkError, an abort stays an abort. */
async function reach<Value>(url: string, signal: AbortSignal | undefined, step: () => Promise<Value>): Promise<Value> {
  try {
    return await step();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new NetworkError(url, error);
  }
}

async function toApiError(response: Response, what: string): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  const problem = parseProblem(text);
  const fields = problem?.errors?.map((error) => `${error.path}: ${error.message}`).join("; ");
  const detail = problem
    ? fields
      ? `${problem.detail} ${fields}`
      : problem.detail
    : `${what} was answered ${response.status} ${response.statusText}, and not by Millrace: ${text.slice(0, 200)}`;
  return new ApiError({
    status: response.status,
    problem,
    detail,
    retryAfterSeconds: parseRetryAfter(response.headers.get("retry-after")),
  });
}

function parseProblem(text: string): Problem | null {
  try {
    const value: unknown = JSON.parse(text);
    const isProblem = typeof value === "object" && value !== null && "code" in value && typeof value.code === "string" && "detail" in value;
    return isProblem ? (value as Problem) : null;
  } catch {
    return null;
  }
}

function queryString(query: Record<string, QueryValue> | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}
