// Idempotency-Key on POST: the same key and request within 24 hours replay the stored answer.
import { ProblemError } from "../core/problem-error.ts";
import { sha256Hex } from "../core/sha256.ts";
import type { Exchange } from "./exchange.ts";

const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

/** The request's key, or null. Throws for one that is not 1–255 printable ASCII characters. */
export function idempotencyKey(request: Request): string | null {
  const key = request.headers.get("idempotency-key");
  if (key !== null && !KEY_PATTERN.test(key)) {
    throw new ProblemError("invalid", "Idempotency-Key holds 1 to 255 printable ASCII characters.", {
      errors: [{ path: "Idempotency-Key", message: "expected 1–255 printable ASCII characters" }],
    });
  }
  return key;
}

/** A hash of all that makes two requests the same. */
export function hashRequest(request: Request, body: string): Promise<string> {
  const { pathname, search } = new URL(request.url);
  return sha256Hex(`${request.method} ${pathname}${search}\n${body}`);
}

/** Runs `handle` once per key; failures of ours are not stored, so that the request can be tried again. */
export async function withIdempotency(
  { c, services, identity }: Exchange,
  body: string,
  handle: () => Promise<Response>,
): Promise<Response> {
  const key = idempotencyKey(c.req.raw);
  if (key === null) return handle();
  const { engine } = services;
  const stored = await engine.claimIdempotency(identity, { key, requestHash: await hashRequest(c.req.raw, body) });
  if (stored) return c.json(stored.body as object, stored.status as 200, { "idempotency-replayed": "true" });
  try {
    const response = await handle();
    const text = await response.clone().text();
    await engine.storeAnswer(identity, { key, status: response.status, body: text === "" ? null : JSON.parse(text) });
    return response;
  } catch (error) {
    await engine.releaseIdempotency(identity, { key });
    throw error;
  }
}
