// The HTTP API: every route of the contract, and what all of them share.
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { toId } from "../contract/ids.ts";
import { NOBODY } from "../core/engine.ts";
import { ProblemError } from "../core/problem-error.ts";
import { allowedMethods } from "./allowed-methods.ts";
import { REFERENCE_CSS } from "./docs/reference-css.ts";
import { renderReference } from "./docs/render-reference.ts";
import { drainBody } from "./drain-body.ts";
import { createApiMetrics } from "./metrics/api-metrics.ts";
import { createAuthenticator } from "./middleware/authenticate.ts";
import { authenticateSocket } from "./middleware/authenticate-socket.ts";
import { openApiDocument } from "./openapi.ts";
import { mount, type Operation } from "./operation.ts";
import { problemResponse, toProblem } from "./problem.ts";
import { allOperations } from "./routes/all.ts";
import type { ApiEnv, ApiServices } from "./services.ts";

const REQUEST_ID_PATTERN = /^[\w.-]{1,128}$/;

export function createApp(services: ApiServices): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  const { clock, logger } = services;
  const authenticator = createAuthenticator(services);
  const metrics = createApiMetrics();

  app.use(async (c, next) => {
    const startedAt = clock.now();
    const given = c.req.header("x-request-id");
    const requestId = given && REQUEST_ID_PATTERN.test(given) ? given : toId("req", crypto.randomUUID());
    c.set("requestId", requestId);
    c.set("route", "unknown");
    await next();
    if (c.res.status === 101) return; // a socket's headers are sealed, and its request is over
    if (c.req.raw.body && !c.req.raw.bodyUsed) await drainBody(c.req.raw.body.getReader());
    if (c.get("route").endsWith("/events")) c.res = new Response(c.res.body, c.res); // from another isolate: sealed too
    c.header("x-request-id", requestId);
    c.header("x-content-type-options", "nosniff");
    metrics.observeRequest({
      method: c.req.method,
      route: c.get("route"),
      status: c.res.status,
      seconds: (clock.now() - startedAt) / 1000,
    });
  });

  async function serve(c: Context<ApiEnv>, operation: Operation): Promise<Response> {
    const identity = operation.authenticated ? await authenticator.authenticate(c.req.raw) : NOBODY;
    return operation.run({ c, services, identity });
  }

  const operations = allOperations({ authenticator, metrics });
  for (const operation of operations) mount(app, operation, serve);
  mountSocket(app, services, authenticator);
  mountReference(app);

  app.onError((error, c) => toProblem(c as Context<ApiEnv>, error, logger));
  app.notFound((c) => {
    const allowed = allowedMethods(operations, c.req.path);
    if (allowed.length === 0)
      return problemResponse(
        c as Context<ApiEnv>,
        new ProblemError("not_found", `There is nothing at ${c.req.path}. See /api/docs for what there is.`),
      );
    c.header("allow", allowed.join(", "));
    return problemResponse(
      c as Context<ApiEnv>,
      new ProblemError("method_not_allowed", `${c.req.path} answers ${allowed.join(", ")}, not ${c.req.method}.`),
    );
  });
  return app;
}

function mountSocket(app: OpenAPIHono<ApiEnv>, { live }: ApiServices, authenticator: ReturnType<typeof createAuthenticator>): void {
  for (const path of ["/ws", "/api/v2/ws"]) {
    app.get(path, async (c) => {
      c.set("route", path);
      if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
        throw new ProblemError("bad_request", "This path speaks WebSocket: connect with a WebSocket client.");
      }
      return live.openSocket(c.req.raw, await authenticateSocket(c.req.raw, authenticator));
    });
  }
}

function mountReference(app: OpenAPIHono<ApiEnv>): void {
  let page = "";
  app.get("/api/openapi.json", (c) => c.json(openApiDocument(app)));
  app.get("/api/docs/style.css", (c) =>
    c.body(REFERENCE_CSS, 200, { "content-type": "text/css; charset=utf-8", "cache-control": "public, max-age=3600" }),
  );
  app.get("/api/docs", (c) => {
    page ||= renderReference(openApiDocument(app) as never);
    return c.html(page, 200, {
      "content-security-policy":
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    });
  });
}
