// Who asks: an API key in the Authorization header, or the dashboard's session cookie.
//
// Verified keys are remembered for a few seconds in this isolate, so that a request costs one round trip, not two.
// A key revoked here is forgotten at once; other isolates follow within the same few seconds.
import { parseUrl } from "../../contract/url.ts";
import type { Identity } from "../../core/context.ts";
import { NOBODY } from "../../core/engine.ts";
import { hashKey } from "../../core/key/secret.ts";
import { ProblemError } from "../../core/problem-error.ts";
import type { ApiServices } from "../services.ts";

const REMEMBERED_MILLISECONDS = 5_000;
const MAX_REMEMBERED = 1_000;
export const SESSION_COOKIE = "millrace_session";

type Remembered = { hash: string; identity: Identity; until: number };

export type Authenticator = {
  /** Throws `unauthorized`, or `forbidden` for a cookie that comes from another site. */
  authenticate(request: Request): Promise<Identity>;
  authenticateToken(token: string): Promise<Identity | null>;
  forget(hashes: readonly string[]): void;
};

export function createAuthenticator({ engine, clock }: Pick<ApiServices, "engine" | "clock">): Authenticator {
  const remembered = new Map<string, Remembered>();

  async function authenticateToken(token: string): Promise<Identity | null> {
    const known = remembered.get(token);
    if (known && known.until > clock.now()) return known.identity;
    const hash = await hashKey(token);
    const identity = await engine.authenticate(NOBODY, { hash });
    remembered.delete(token);
    if (identity) {
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(token, { hash, identity, until: clock.now() + REMEMBERED_MILLISECONDS });
    }
    return identity;
  }

  return {
    authenticateToken,
    async authenticate(request) {
      const bearer = /^Bearer\s+(\S+)\s*$/i.exec(request.headers.get("authorization") ?? "")?.[1];
      const cookie = bearer === undefined ? sessionCookie(request) : undefined;
      const token = bearer ?? cookie;
      if (token === undefined)
        throw new ProblemError("unauthorized", "Send your API key as 'Authorization: Bearer mr_…', or log in to the dashboard.");
      const identity = await authenticateToken(token);
      if (!identity)
        throw new ProblemError(
          "unauthorized",
          cookie ? "The session has ended; log in again." : "This API key is not known, or was revoked.",
        );
      if (cookie !== undefined) refuseForeignSite(request);
      return identity;
    },
    forget(hashes) {
      for (const [token, { hash }] of remembered) if (hashes.includes(hash)) remembered.delete(token);
    },
  };
}

export function sessionCookie(request: Request): string | undefined {
  return new RegExp(`(?:^|;\\s*)${SESSION_COOKIE}=([^;\\s]+)`).exec(request.headers.get("cookie") ?? "")?.[1];
}

/** Whether the page that sent this request is one of ours (or the request comes from no page). */
export function isOwnOrigin(request: Request): boolean {
  const origin = request.headers.get("origin");
  if (origin === null) return true;
  const host = request.headers.get("host") ?? new URL(request.url).host;
  return parseUrl(origin)?.host === host;
}

// SameSite=Strict keeps the cookie at home already; this is the second lock.
function refuseForeignSite(request: Request): void {
  const isSafe = request.method === "GET" || request.method === "HEAD";
  const site = request.headers.get("sec-fetch-site");
  if (!isSafe && (!isOwnOrigin(request) || (site !== null && site !== "same-origin" && site !== "none"))) {
    throw new ProblemError("forbidden", "A session works from the dashboard's own pages only; use an API key elsewhere.");
  }
}
