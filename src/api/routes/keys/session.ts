// The dashboard's session: trades an API key for an HttpOnly cookie.
import { Session, SessionInput } from "../../../contract/key.ts";
import { ProblemError } from "../../../core/problem-error.ts";
import { type Authenticator, isOwnOrigin, SESSION_COOKIE } from "../../middleware/authenticate.ts";
import { operation } from "../../operation.ts";

const ATTRIBUTES = "Path=/; HttpOnly; SameSite=Strict";

export function sessionOperations(authenticator: Authenticator) {
  const openSession = operation({
    method: "post",
    path: "/api/v1/session",
    tag: "Keys",
    summary: "Log in to the dashboard",
    authenticated: false,
    body: SessionInput,
    idempotency: "none",
    problems: ["unauthorized", "forbidden"],
    responses: {
      200: { description: "Who you are; the session is in the cookie.", schema: Session, headers: { "set-cookie": "The session." } },
    },
    async handle({ c, services }, { body }) {
      if (!isOwnOrigin(c.req.raw)) throw new ProblemError("forbidden", "Log in from the dashboard's own page.");
      const identity = await authenticator.authenticateToken(body.key.trim());
      if (!identity)
        throw new ProblemError("unauthorized", "This API key is not known. It starts with mr_ and was printed at the first start.");
      const { token, lifetimeSeconds } = await services.engine.openSession(identity, {});
      const secure = new URL(c.req.url).protocol === "https:" ? "; Secure" : "";
      const { name, scopes } = identity;
      return c.json({ name, scopes }, 200, {
        "set-cookie": `${SESSION_COOKIE}=${token}; Max-Age=${lifetimeSeconds}; ${ATTRIBUTES}${secure}`,
        "cache-control": "no-store",
      });
    },
  });

  const readSession = operation({
    method: "get",
    path: "/api/v1/session",
    tag: "Keys",
    summary: "Who am I?",
    responses: { 200: { description: "Who you are.", schema: Session } },
    handle: async ({ c, identity }) => c.json({ name: identity.name, scopes: identity.scopes }, 200, { "cache-control": "no-store" }),
  });

  const closeSession = operation({
    method: "delete",
    path: "/api/v1/session",
    tag: "Keys",
    summary: "Log out",
    responses: { 204: { description: "Logged out.", headers: { "set-cookie": "Clears the session." } } },
    async handle({ c, services, identity }) {
      // Only a session ends here: a request with an API key has none to end.
      if (!c.req.header("authorization")) authenticator.forget((await services.engine.closeSession(identity, {})).hashes);
      return c.body(null, 204, { "set-cookie": `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}` });
    },
  });

  return [openSession, readSession, closeSession];
}
