// What became of a WebSocket's handshake.
import type { Identity } from "../../core/context.ts";

/** A refused one is opened and closed with a code, since browsers hide HTTP answers to a handshake. */
export type SocketHandshake =
  | { identity: Identity; protocol: string | null }
  | { refused: "foreign_origin" | "unauthorized"; protocol: string | null };
