// The events that job transitions publish. Publishing is off the critical path: a lost event never loses a job.

import type { JobEventType } from "../../contract/event.ts";
import { toId } from "../../contract/ids.ts";
import type { EventDraft } from "../../ports/event-bus.ts";
import type { EnginePorts } from "../context.ts";

type JobFacts = { workspaceId: number; id: string; queue: string; kind: string };

/** An event of the job whose row has UUID `id`. */
export function jobEvent(
  ports: Pick<EnginePorts, "clock">,
  type: JobEventType,
  facts: JobFacts & { data: Record<string, unknown> },
): EventDraft {
  const { workspaceId, id, queue, kind, data } = facts;
  return { workspaceId, type, at: new Date(ports.clock.now()).toISOString(), jobId: toId("job", id), queue, data: { kind, ...data } };
}

export function publish({ bus, logger }: Pick<EnginePorts, "bus" | "logger">, events: readonly EventDraft[]): void {
  if (events.length === 0) return;
  bus.publish(events).catch((error: unknown) => logger.warn("events were not published", { error: String(error), events: events.length }));
}
