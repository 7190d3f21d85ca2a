// Who opens a WebSocket: Authorization header, session cookie, or the subprotocol `access_token.<key>`, which is echoed.
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
    return identity ? { identity, protocol } : { refused: "unauthorized", protocol };
  }
  try {
    return { identity: await authenticator.authenticate(request), protocol };
  } catch (error) {
    if (error instanceof ProblemError && (error.code === "unauthorized" || error.code === "forbidden"))
      return { refused: "unauthorized", protocol };
    throw error;
  }
}
