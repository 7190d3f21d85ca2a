// The resident's side of live connections: SSE streams and WebSockets over its event bus, and how many there are.

import { streamEvents } from "../../api/live/event-stream.ts";
import type { SocketHandshake } from "../../api/live/handshake.ts";
import { createSocketSession } from "../../api/live/socket-session.ts";
import { createCounter, exposition } from "../../api/metrics/exposition.ts";
import { SOCKET_CLOSE } from "../../contract/socket.ts";
import type { EnginePorts, Identity } from "../../core/context.ts";
import type { Engine } from "../../core/engine.ts";

export type LiveHub = {
  openStream(request: Request, identity: Identity): Response;
  openSocket(request: Request, handshake: SocketHandshake): Response;
  metrics(): string;
};

const MAX_MESSAGE_CHARACTERS = 64 * 1024;

// What may wait to be sent to one client. The events of the largest batch (10,000 jobs) come to half of it in one turn.
const MAX_UNSENT_BYTES = 8 * 1024 * 1024;

/** A server's WebSocket, as far as hosts agree on it. */
export type ServerSocket = Pick<WebSocket, "send" | "close" | "addEventListener"> & {
  /** What the host holds back for a client that does not read; @cloudflare/workers-types does not know it yet. */
  readonly bufferedAmount?: number;
};

/** The host's answer to a WebSocket handshake, and the socket, which may open after the answer is given. */
export type UpgradeSocket = (request: Request, protocol: string | null) => { socket: ServerSocket; response: Response };

type LivePorts = Pick<EnginePorts, "bus" | "clock" | "logger">;

export function createLiveHub(ports: LivePorts, { engine, upgradeSocket }: { engine: Engine; upgradeSocket: UpgradeSocket }): LiveHub {
  let connected = 0;
  const connections = createCounter("websocket_connections_total", "WebSocket connections accepted.");
  const received = createCounter("websocket_messages_received_total", "WebSocket messages from clients.");
  const sent = createCounter("websocket_messages_sent_total", "WebSocket messages to clients.");
  const errors = createCounter("websocket_errors_total", "WebSocket connections that ended with an error.");

  const dropped = createCounter("websocket_slow_clients_dropped_total", "WebSocket clients closed with 4008 because they did not read.");

  function attach(socket: ServerSocket, identity: Identity): void {
    connected += 1;
    connections.add({});
    const session = createSocketSession({
      bus: ports.bus,
      engine,
      identity,
      send(text) {
        socket.send(text);
        sent.add({});
        if ((socket.bufferedAmount ?? 0) > MAX_UNSENT_BYTES) dropSlow();
      },
    });
    // The close stands behind what waits already; a client that reads again gets it, and nothing more is added meanwhile.
    const dropSlow = () => {
      if (!isOpen) return;
      dropped.add({});
      end();
      socket.close(SOCKET_CLOSE.slowClient, "Too slow: reconnect and subscribe again");
    };
    let isOpen = true;
    const end = () => {
      if (!isOpen) return;
      isOpen = false;
      connected -= 1;
      session.end();
    };
    socket.addEventListener("message", (event) => {
      received.add({});
      if (typeof event.data !== "string" || event.data.length > MAX_MESSAGE_CHARACTERS) {
        socket.close(SOCKET_CLOSE.policy, "Messages are JSON text of at most 64 KiB");
        return end();
      }
      session.receive(event.data).catch((error: unknown) => {
        ports.logger.error("a socket's message failed", { error: String(error) });
        socket.close(SOCKET_CLOSE.internal, "Internal server error");
        end();
      });
    });
    socket.addEventListener("close", (event) => {
      end();
      socket.close(event.code === 1005 || event.code === 1006 ? 1000 : event.code);
    });
    socket.addEventListener("error", () => {
      errors.add({});
      end();
    });
  }

  return {
    openStream: (request, identity) => streamEvents(request, { ...ports, identity }),
    openSocket(request, handshake) {
      const { socket, response } = upgradeSocket(request, handshake.protocol);
      if ("identity" in handshake) attach(socket, handshake.identity);
      else whenOpen(socket, () => refuse(socket, handshake.refused));
      return response;
    },
    metrics: () =>
      exposition({
        name: "websocket_clients_connected",
        help: "WebSocket clients connected now.",
        type: "gauge",
        series: [{ labels: {}, value: connected }],
      }) +
      connections.render() +
      received.render() +
      sent.render() +
      dropped.render() +
      errors.render(),
  };
}

function refuse(socket: ServerSocket, reason: "foreign_origin" | "unauthorized"): void {
  if (reason === "foreign_origin") socket.close(SOCKET_CLOSE.foreignOrigin, "Origin not allowed");
  else socket.close(SOCKET_CLOSE.policy, "A valid API key or session is needed");
}

/** workerd's socket is open once it is accepted; others open when the answer has gone out. */
function whenOpen(socket: ServerSocket & { readonly readyState?: number }, act: () => void): void {
  const CONNECTING = 0;
  if (socket.readyState === CONNECTING) socket.addEventListener("open" as never, act);
  else act();
}
