// The Worker on Cloudflare: stateless routes over Neon, Upstash and QStash, a hub per workspace for what is live, R2 for
// bytes. Cloudflare itself serves the dashboard's files (wrangler.toml); the cron trigger ticks once a minute.
import { rootMessage } from "../core/database-error.ts";
import { tick } from "../cron/tick.ts";
import type { createEdgeApp } from "./cloudflare/app.ts";
import { type Edge, openEdge } from "./cloudflare/edge.ts";
import type { Env } from "./cloudflare/env.ts";

export { Hub } from "./cloudflare/hub.ts";

// Made by the first request of an isolate that needs them, and kept: they hold no state of any request.
let edge: Edge | undefined;
let app: ReturnType<typeof createEdgeApp> | undefined;

function edgeFor(env: Env): Edge {
  edge ??= openEdge(env);
  return edge;
}

export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname.startsWith("/internal/")) {
      const { answerInternal } = await import("./edge/internal.ts");
      const answer = await answerInternal(request, edgeFor(env));
      if (answer) return answer;
    }
    const { createEdgeApp } = await import("./cloudflare/app.ts");
    app ??= createEdgeApp(env, edgeFor(env));
    return app.fetch(request, env, context);
  },

  async scheduled(controller, env) {
    const { ports, due } = edgeFor(env).open();
    try {
      await tick(ports, due, controller.scheduledTime);
    } catch (error) {
      ports.logger.error("the tick failed; the next one tries again", { error: rootMessage(error) });
    }
  },
} satisfies ExportedHandler<Env>;
