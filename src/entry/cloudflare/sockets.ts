// The hub's WebSockets, which outlive its memory: each carries who it is, and the storage what it subscribed to.
import { createSocketSession, type SessionMemory, type SocketSession } from "../../api/live/socket-session.ts";
import { createCounter, exposition } from "../../api/metrics/exposition.ts";
import { SOCKET_CLOSE } from "../../contract/socket.ts";
import type { Identity } from "../../core/context.ts";
import type { Engine } from "../../core/engine.ts";
import type { EventBus } from "../../ports/event-bus.ts";
import type { Logger } from "../../ports/logger.ts";

/** Travels with the socket; at most 2 KiB. */
type Attachment = { id: string; identity: Identity; seq: number };
type Targets = SessionMemory["targets"];

export type Sockets = {
  accept(request: Request, identity: Identity): Response;
  receive(socket: WebSocket, message: string | ArrayBuffer): Promise<void>;
  /** `code`: what the client closed with; null after an error. */
  end(socket: WebSocket, code: number | null): void;
  /** Writes down how far each socket was told. */
  remember(): void;
  metrics(): string;
};

const MAX_MESSAGE_CHARACTERS = 64 * 1024;
const PREFIX = "socket:";

export function createSockets(
  state: DurableObjectState,
  { bus, engine, logger }: { bus: EventBus; engine: Engine; logger: Logger },
): Sockets {
  const { kv } = state.storage;
  const sessions = new Map<WebSocket, SocketSession>();
  const sent = createCounter("websocket_messages_sent_total", "WebSocket messages to clients.");
  const received = createCounter("websocket_messages_received_total", "WebSocket messages from clients.");

  function open(socket: WebSocket, { id, identity, seq }: Attachment): SocketSession {
    const session = createSocketSession({
      bus,
      engine,
      identity,
      memory: { targets: kv.get<Targets>(PREFIX + id) ?? [], seq },
      send(text) {
        socket.send(text);
        sent.add({});
      },
    });
    sessions.set(socket, session);
    return session;
  }

  function remember(socket: WebSocket, session: SocketSession): void {
    const attachment = socket.deserializeAttachment() as Attachment;
    const { seq } = session.memory();
    if (seq !== attachment.seq) socket.serializeAttachment({ ...attachment, seq });
  }

  function forget(socket: WebSocket): void {
    sessions.get(socket)?.end();
    sessions.delete(socket);
    kv.delete(PREFIX + (socket.deserializeAttachment() as Attachment).id);
  }

  // The answer that a session would give, without waking the object.
  state.setWebSocketAutoResponse(new WebSocketRequestResponsePair('{"action":"ping"}', '{"action":"response","message":"pong"}'));
  for (const socket of state.getWebSockets()) open(socket, socket.deserializeAttachment() as Attachment);

  return {
    accept(request, identity) {
      const { 0: client, 1: server } = new WebSocketPair();
      state.acceptWebSocket(server);
      const attachment: Attachment = { id: crypto.randomUUID(), identity, seq: 0 };
      server.serializeAttachment(attachment);
      open(server, attachment);
      const protocol = request.headers.get("sec-websocket-protocol");
      return new Response(null, { status: 101, webSocket: client, headers: protocol ? { "sec-websocket-protocol": protocol } : {} });
    },

    async receive(socket, message) {
      received.add({});
      if (typeof message !== "string" || message.length > MAX_MESSAGE_CHARACTERS) {
        socket.close(SOCKET_CLOSE.policy, "Messages are JSON text of at most 64 KiB");
        return forget(socket);
      }
      const session = sessions.get(socket) ?? open(socket, socket.deserializeAttachment() as Attachment);
      try {
        await session.receive(message);
        if (!sessions.has(socket)) return; // closed meanwhile
        const { targets } = session.memory();
        kv.put(PREFIX + (socket.deserializeAttachment() as Attachment).id, targets);
        remember(socket, session);
      } catch (error) {
        logger.error("a socket's message failed", { error: String(error) });
        socket.close(SOCKET_CLOSE.internal, "Internal server error");
        forget(socket);
      }
    },

    end(socket, code) {
      forget(socket);
      // 1005 and 1006 say that there was no code; neither may be sent.
      if (code !== null) socket.close(code === 1005 || code === 1006 ? 1000 : code);
    },

    remember() {
      for (const [socket, session] of sessions) remember(socket, session);
    },

    metrics: () =>
      exposition({
        name: "websocket_clients_connected",
        help: "WebSocket clients connected now.",
        type: "gauge",
        series: [{ labels: {}, value: sessions.size }],
      }) +
      received.render() +
      sent.render(),
  };
}
