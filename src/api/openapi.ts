// The OpenAPI 3.1 document of the app: committed as openapi.json, and compared in CI.
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnv } from "./services.ts";

export function openApiDocument(app: OpenAPIHono<ApiEnv>) {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer", description: "An API key, mr_…" });
  app.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "millrace_session",
    description: "The dashboard's session.",
  });
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Millrace",
      version: "1",
      description:
        "Background and GPU work over HTTP. Fields may be added, never renamed or removed: ignore what you do not know. Requests with unknown fields are refused, so that a typo is not silent.",
      license: { name: "MIT" },
    },
    servers: [{ url: "/" }],
  });
}
