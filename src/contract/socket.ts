// Messages of the WebSocket /ws. A bad message is answered `failed`; the socket stays open.
import { z } from "zod";

export const SocketRequest = z
  .strictObject({
    action: z.enum(["subscribe", "unsubscribe", "ping"]),
    jobId: z.string().min(1).max(200).optional(),
    queue: z.string().min(1).max(63).optional(),
    all: z.literal(true).optional(),
  })
  .refine(
    (message) =>
      message.action === "ping" || [message.jobId, message.queue, message.all].filter((target) => target !== undefined).length === 1,
    {
      message: "name exactly one of jobId, queue or all: true",
    },
  );
export type SocketRequest = z.infer<typeof SocketRequest>;

/** Close codes: RFC 6455 §7.4 and, from 4000, our own. */
export const SOCKET_CLOSE = { policy: 1008, internal: 1011, tryAgainLater: 1013, foreignOrigin: 4003, slowClient: 4008 } as const;
