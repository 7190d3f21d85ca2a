// The `http` kind: calls a URL; the response becomes the job's result.
import { z } from "zod";
import type { Job, JobError } from "../../contract/job.ts";
import { isStorableText, jsonValueProblem } from "../../contract/text.ts";
import { parseUrl } from "../../contract/url.ts";
import type { AddressPolicy } from "../address-policy.ts";
import type { Handler, HandlerContext, HandlerOutcome } from "../handler.ts";
import { readLimited } from "../read-limited.ts";

const MAX_RESPONSE_BYTES = 64 * 1024; // JSON escapes can make text six times longer, and a result holds 256 KiB
const MAX_REDIRECTS = 5;
const MAX_RETRY_AFTER_SECONDS = 86_400;
const SNIPPET_CHARACTERS = 500;
// RFC 9110 §15.5.9 and §15.6, RFC 8470, RFC 6585: the answer may be another one later.
const RETRYABLE_STATUS = new Set([408, 425, 429]);

/** Payload of an `http` job. A body that is not a string is sent as JSON. */
const HttpPayload = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: "expected an http or https URL" }),
  method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]).default("POST"),
  headers: z
    .record(
      z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "not a header name"),
      z
        .string()
        .max(8192)
        .refine((value) => !/[\r\n\0]/.test(value), "must be one line"),
    )
    .default({}),
  body: z.unknown().optional(),
});
type HttpPayload = z.infer<typeof HttpPayload>;

export function createHttpHandler(policy: AddressPolicy): Handler {
  return async (job, context) => {
    const payload = HttpPayload.safeParse(job.payload);
    if (!payload.success) return final("bad_input", `The payload is not that of an http job: ${z.prettifyError(payload.error)}`);
    let request = toRequest(job, payload.data);
    for (let redirects = 0; ; redirects += 1) {
      const refusal = policy.refusal(new URL(request.url));
      if (refusal) return final("address_refused", refusal);
      const response = await context.outbound.fetch(request, context.signal).catch((error: unknown) => connectionError(error, context));
      if (!(response instanceof Response)) return response;
      const next = followRedirect(request, response, payload.data);
      if (!next) return toOutcome(response, context);
      await response.body?.cancel();
      if (redirects >= MAX_REDIRECTS) return final("too_many_redirects", `${payload.data.url} redirects more than ${MAX_REDIRECTS} times.`);
      request = next;
    }
  };
}

function toRequest(job: Job, { url, method, headers, body }: HttpPayload): Request {
  const all = new Headers(headers);
  if (!all.has("user-agent")) all.set("user-agent", "Millrace");
  // The same over all attempts: lets the called side recognise a repeated call.
  if (!all.has("idempotency-key")) all.set("idempotency-key", job.id);
  all.set("millrace-job-id", job.id);
  all.set("millrace-attempt", String(job.attempt));
  const hasBody = body !== undefined && method !== "GET" && method !== "HEAD";
  if (hasBody && typeof body !== "string" && !all.has("content-type")) all.set("content-type", "application/json");
  return new Request(url, {
    method,
    headers: all,
    redirect: "manual",
    body: hasBody ? (typeof body === "string" ? body : JSON.stringify(body)) : null,
  });
}

/** The next request where the response redirects (RFC 9110 §15.4), else null. Secrets do not follow to another origin. */
function followRedirect(request: Request, response: Response, { body, method }: HttpPayload): Request | null {
  const location = response.headers.get("location");
  const url = location === null ? null : parseUrl(location, request.url);
  if (![301, 302, 303, 307, 308].includes(response.status) || !url) return null;
  const headers = new Headers(request.headers);
  if (url.origin !== new URL(request.url).origin)
    for (const name of ["authorization", "cookie", "proxy-authorization"]) headers.delete(name);
  const becomesGet = response.status === 303 || (response.status < 303 && request.method === "POST");
  const keepsBody = !becomesGet && request.method === method && body !== undefined && method !== "GET" && method !== "HEAD";
  if (!keepsBody) for (const name of ["content-type", "content-length"]) headers.delete(name);
  const content = keepsBody ? (typeof body === "string" ? body : JSON.stringify(body)) : null;
  return new Request(url, { method: becomesGet ? "GET" : request.method, headers, redirect: "manual", body: content });
}

async function toOutcome(response: Response, context: HandlerContext): Promise<HandlerOutcome> {
  const { bytes, truncated } = await readLimited(response.body, MAX_RESPONSE_BYTES);
  const body = decodeBody(bytes, truncated, response.headers.get("content-type") ?? "");
  if (response.ok || (response.status >= 300 && response.status < 400)) {
    const headers = Object.fromEntries([...response.headers].filter(([name, value]) => name !== "set-cookie" && isStorableText(value)));
    return { outcome: "completed", result: { status: response.status, headers, body, truncated } };
  }
  const retryable = response.status >= 500 || RETRYABLE_STATUS.has(response.status);
  const snippet = (typeof body === "string" ? body : JSON.stringify(body)).slice(0, SNIPPET_CHARACTERS).toWellFormed();
  const error: JobError = {
    code: `http_${response.status}`,
    message: `${new URL(response.url || "http://unknown").host || "The server"} answered ${response.status}${retryable ? "" : ", which another attempt would not change"}.`,
    retryable,
    details: { status: response.status, body: snippet },
  };
  return {
    outcome: "failed",
    error,
    retryAfterSeconds: retryable ? retryAfterSeconds(response.headers.get("retry-after"), context.now()) : undefined,
  };
}

/** Seconds from a Retry-After header (RFC 9110 §10.2.3: seconds or a date), at most a day. */
export function retryAfterSeconds(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER_SECONDS) : undefined;
}

/** JSON as JSON, text as text, anything else as base64; never what Postgres cannot store. */
function decodeBody(bytes: Uint8Array, truncated: boolean, contentType: string): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: !truncated, ignoreBOM: false }).decode(bytes);
    const json = /[/+]json\b/i.test(contentType) && !truncated ? parseJson(text) : undefined;
    if (json !== undefined && jsonValueProblem(json) === null) return json;
    if (isStorableText(text)) return text;
  } catch {
    // not text: base64
  }
  return { base64: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function connectionError(error: unknown, { signal }: HandlerContext): HandlerOutcome {
  if (signal.aborted) throw error;
  return {
    outcome: "failed",
    error: { code: "connection_failed", message: error instanceof Error ? error.message : String(error), retryable: true },
  };
}

function final(code: string, message: string): HandlerOutcome {
  return { outcome: "failed", error: { code, message, retryable: false } };
}
