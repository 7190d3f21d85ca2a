// The way from the routes to the workspace's hub: an authenticated request is handed on with who asks.
import type { Live } from "../../api/services.ts";
import { SOCKET_CLOSE } from "../../contract/socket.ts";
import type { Identity } from "../../core/context.ts";
import type { Edge } from "./edge.ts";
import { IDENTITY_HEADER } from "./env.ts";

const METRICS_WORKSPACE = 1; // hubs cannot be listed; the default workspace's stands for all

export function createHubLive({ hubOf }: Pick<Edge, "hubOf">): Live {
  const connect = (request: Request, identity: Identity, extra: Record<string, string> = {}) => {
    const headers = new Headers({ ...Object.fromEntries(request.headers), ...extra });
    headers.set(IDENTITY_HEADER, encodeURIComponent(JSON.stringify(identity)));
    return hubOf(identity.workspaceId).fetch(new Request(request, { headers }));
  };
  return {
    openStream: connect,
    async openSocket(request, handshake) {
      const { protocol } = handshake;
      if ("identity" in handshake) return connect(request, handshake.identity, { "sec-websocket-protocol": protocol ?? "" });
      // Browsers hide an HTTP answer to a handshake, so a refusal is a socket that closes with its reason.
      const { 0: client, 1: server } = new WebSocketPair();
      server.accept();
      if (handshake.refused === "foreign_origin") server.close(SOCKET_CLOSE.foreignOrigin, "Origin not allowed");
      else server.close(SOCKET_CLOSE.policy, "A valid API key or session is needed");
      return new Response(null, { status: 101, webSocket: client, headers: protocol ? { "sec-websocket-protocol": protocol } : {} });
    },
    metrics: async () => hubOf(METRICS_WORKSPACE).metrics(),
  };
}
