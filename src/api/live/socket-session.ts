// One WebSocket client: its subscriptions and what it is told. Knows the messages, not the transport.
import type { Event } from "../../contract/event.ts";
import { SocketRequest } from "../../contract/socket.ts";
import type { Identity } from "../../core/context.ts";
import type { Engine } from "../../core/engine.ts";
import { ProblemError } from "../../core/problem-error.ts";
import type { EventBus } from "../../ports/event-bus.ts";

export type SocketSession = {
  /** Handles one message of the client. */
  receive(message: string): Promise<void>;
  /** What a session needs to go on where this one is: for hosts that put a socket's memory to sleep. */
  memory(): SessionMemory;
  /** Ends every subscription. */
  end(): void;
};

export type SessionMemory = { targets: Target[]; seq: number };

type Target = { jobId?: string | undefined; queue?: string | undefined; all?: true | undefined };
type Options = {
  bus: Pick<EventBus, "subscribe">;
  engine: Pick<Engine, "getJob">;
  identity: Identity;
  send: (text: string) => void;
  /** Where an earlier session of this socket was. */
  memory?: SessionMemory | undefined;
};

const MAX_SUBSCRIPTIONS = 1_000;

export function createSocketSession({ bus, engine, identity, send, memory }: Options): SocketSession {
  const subscriptions = new Map<string, { target: Target; stop: () => void }>();
  let seq = memory?.seq ?? 0;
  let isOver = false;
  const reply = (message: object) => {
    if (!isOver) send(JSON.stringify(message));
  };
  const update = (event: Event) => {
    seq += 1;
    reply(toUpdate(event, seq));
  };

  function listen(target: Target): void {
    const filter = { workspaceId: identity.workspaceId, jobId: target.jobId, queue: target.queue };
    const stop = bus.subscribe(filter, (events) => events.forEach(update));
    subscriptions.set(keyOf(target), { target, stop });
  }

  async function subscribe(target: Target): Promise<void> {
    const key = keyOf(target);
    if (!subscriptions.has(key)) {
      if (subscriptions.size >= MAX_SUBSCRIPTIONS)
        return reply({
          action: "response",
          message: "failed",
          detail: `At most ${MAX_SUBSCRIPTIONS} subscriptions a connection; use all: true.`,
          ...target,
        });
      listen(target);
    }
    reply({ action: "response", message: "subscribed", ...target });
    if (target.jobId) await sendState(target.jobId);
  }

  /** The state now, after the subscription began: nothing falls between the two. A job that does not exist has none. */
  async function sendState(jobId: string): Promise<void> {
    try {
      const job = await engine.getJob(identity, { id: jobId });
      seq += 1;
      reply({
        type: "update",
        event: "job.state",
        jobId,
        queue: job.queue,
        status: job.state,
        progress: job.progress.fraction,
        message: job.progress.message,
        seq,
      });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (error.code !== "not_found") reply({ action: "response", message: "failed", detail: error.message, jobId });
    }
  }

  function unsubscribe(target: Target): void {
    subscriptions.get(keyOf(target))?.stop();
    subscriptions.delete(keyOf(target));
    reply({ action: "response", message: "unsubscribed", ...target });
  }

  for (const target of memory?.targets ?? []) listen(target);

  return {
    async receive(message) {
      const request = parse(message);
      if (!request.success) return reply({ action: "response", message: "failed", detail: request.detail });
      const { action, ...target } = request.data;
      if (action === "ping") reply({ action: "response", message: "pong" });
      else if (action === "subscribe") await subscribe(target);
      else unsubscribe(target);
    },
    memory: () => ({ targets: [...subscriptions.values()].map(({ target }) => target), seq }),
    end() {
      isOver = true;
      for (const { stop } of subscriptions.values()) stop();
      subscriptions.clear();
    },
  };
}

function keyOf({ jobId, queue, all }: Target): string {
  return all ? "all" : jobId ? `job ${jobId}` : `queue ${queue}`;
}

function parse(message: string): { success: true; data: SocketRequest } | { success: false; detail: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(message);
  } catch {
    return { success: false, detail: "The message is not JSON." };
  }
  const parsed = SocketRequest.safeParse(raw);
  if (parsed.success) return parsed;
  const issue = parsed.error.issues[0];
  return { success: false, detail: `${issue?.path.join(".") || "message"}: ${issue?.message}` };
}

/** The event as the seeds' clients read it; everything else the event says stands beside it. */
function toUpdate(event: Event, seq: number): object {
  const { state, progress, ...rest } = event.data as { state?: string; progress?: { fraction: number; message: string | null } } & Record<
    string,
    unknown
  >;
  const fraction = progress?.fraction ?? (event.type === "job.completed" ? 1 : undefined);
  return {
    type: "update",
    event: event.type,
    ...(event.jobId ? { jobId: event.jobId } : {}),
    ...(event.queue ? { queue: event.queue } : {}),
    ...(state ? { status: state } : {}),
    ...(fraction === undefined ? {} : { progress: fraction }),
    ...(progress?.message ? { message: progress.message } : {}),
    seq,
    id: event.id,
    at: event.at,
    data: rest,
  };
}
