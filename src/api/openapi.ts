// The OpenAPI 3.1 document of the app: committed as openapi.json, and compared in CI.
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnv } from "./services.ts";

const TAGS = [
  { name: "Jobs", description: "Units of work: enqueue them, watch them, cancel and retry them." },
  { name: "Train and generate", description: "The documented names: ordinary jobs of kinds `train` and `generate` on the queue `gpu`." },
  { name: "Uploads", description: "Files in and files out, streamed." },
  { name: "Queues", description: "Named lanes with their own policy. A queue exists from its first use." },
  { name: "Events", description: "What happens, as it happens; and events of your own." },
  { name: "Leases", description: "The runner protocol. Execution is at least once; state transitions are exactly once." },
  { name: "Runners", description: "The processes that lease pull jobs." },
  { name: "Keys", description: "API keys with scopes, and the dashboard's session." },
  { name: "Health", description: "For load balancers and Prometheus." },
  { name: "Schedules", description: "Not built yet." },
  { name: "Flows", description: "Not built yet." },
];

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
    tags: TAGS,
  });
}
