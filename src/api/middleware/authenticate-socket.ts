// Who opens a WebSocket: Authorization header, session cookie, or the subprotocol `access_token.<key>`, which is echoed.
import { hasScope, type Identity } from "../../core/context.ts";
import { ProblemError } from "../../core/problem-error.ts";
import type { SocketHandshake } from "../live/handshake.ts";
import { type Authenticator, isOwnOrigin } from "./authenticate.ts";

const SUBPROTOCOL = /^access_token\.(\S+)$/;

export async function authenticateSocket(request: Request, authenticator: Authenticator): Promise<SocketHandshake> {
  const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((protocol) => protocol.trim());
  const protocol = offered.find((one) => SUBPROTOCOL.test(one)) ?? null;
  if (!isOwnOrigin(request)) return { refused: "foreign_origin", protocol };
  const token = protocol && SUBPROTOCOL.exec(protocol)?.[1];
  if (token) {
    const identity = await authenticator.authenticateToken(token);
    return identity && mayListen(identity) ? { identity, protocol } : { refused: "unauthorized", protocol };
  }
  try {
    const identity = await authenticator.authenticate(request);
    return mayListen(identity) ? { identity, protocol } : { refused: "unauthorized", protocol };
  } catch (error) {
    if (error instanceof ProblemError && (error.code === "unauthorized" || error.code === "forbidden"))
      return { refused: "unauthorized", protocol };
    throw error;
  }
}

/** Events tell what every job of the workspace does: a runner's key is not enough. */
function mayListen(identity: Identity): boolean {
  return hasScope(identity, "read", "submit");
}
