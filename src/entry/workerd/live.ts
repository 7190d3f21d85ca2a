// The way from the routes to the resident's live connections: an authenticated request is handed on with who asks.
import type { SocketHandshake } from "../../api/live/handshake.ts";
import type { Live } from "../../api/services.ts";
import type { Identity } from "../../core/context.ts";
import type { LiveHub } from "../resident/live-hub.ts";

/** Ours alone: what a client sends under this name is replaced. */
const CONNECTION_HEADER = "x-millrace-connection";

type Connection = { stream: Identity } | { socket: SocketHandshake };

/** What we ask of the resident. */
export type LiveStub = { fetch(request: Request): Promise<Response>; metrics(): Promise<string> };

export function createLive(resident: () => LiveStub): Live {
  const connect = (request: Request, connection: Connection) => {
    const headers = new Headers(request.headers);
    headers.set(CONNECTION_HEADER, encodeURIComponent(JSON.stringify(connection)));
    return resident().fetch(new Request(request, { headers }));
  };
  return {
    openStream: (request, identity) => connect(request, { stream: identity }),
    openSocket: (request, handshake) => connect(request, { socket: handshake }),
    metrics: () => resident().metrics(),
  };
}

/** The resident's end: only `createLive` sends requests there. */
export function acceptLive(request: Request, hub: LiveHub): Response {
  const connection = JSON.parse(decodeURIComponent(request.headers.get(CONNECTION_HEADER) ?? "null")) as Connection;
  return "stream" in connection ? hub.openStream(request, connection.stream) : hub.openSocket(request, connection.socket);
}
