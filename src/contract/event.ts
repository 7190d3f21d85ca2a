// Live events: what SSE, the WebSocket and the event bus carry.
import { z } from "zod";
import { JobId } from "./ids.ts";
import { JsonValue, Name, text } from "./text.ts";
import { Timestamp } from "./time.ts";

export const JOB_EVENT_TYPES = [
  "job.enqueued",
  "job.started",
  "job.progress",
  "job.log",
  "job.completed",
  "job.failed",
  "job.cancelled",
  "job.retrying",
] as const;
export type JobEventType = (typeof JOB_EVENT_TYPES)[number];
export const SYSTEM_EVENT_TYPES = ["schedule.fired", "schedule.missed", "runner.online", "runner.offline", "runner.draining"] as const;

/** One event. User topics have their topic as `type`. */
export const Event = z
  .object({
    id: z.string().meta({ description: "Pass as Last-Event-ID to resume after it.", example: "1767225600000-12" }),
    type: z.string().meta({ example: "job.progress" }),
    at: Timestamp,
    jobId: JobId.optional(),
    queue: z.string().optional(),
    topic: z.string().optional().meta({ description: "Set on user topics." }),
    data: z
      .record(z.string(), z.unknown())
      .meta({ description: "By type: state, progress {fraction, message}, logs [{seq, at, stream, line}], error, result size …" }),
  })
  .meta({ id: "Event" });
export type Event = z.infer<typeof Event>;

const Topic = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,127}$/, "expected a topic such as upload.finished");
const RESERVED_TOPIC = /^(job|schedule|runner|queue|flow)\./;
const UserTopic = Topic.refine(
  (topic) => !RESERVED_TOPIC.test(topic),
  "topics starting with job., schedule., runner., queue. or flow. are ours",
).meta({ example: "upload.finished" });

export const PlainEventInput = z.strictObject({ topic: UserTopic, payload: JsonValue.optional() });

/** CloudEvents 1.0, structured JSON (https://github.com/cloudevents/spec): `type` is the topic, `data` the payload. */
export const CloudEventInput = z.looseObject({
  specversion: z.literal("1.0"),
  id: text(256, 1),
  source: text(1000, 1),
  type: UserTopic,
  time: z.string().optional(),
  datacontenttype: z.string().optional(),
  data: JsonValue.optional(),
});

export const EventInput = z
  .union([PlainEventInput, CloudEventInput])
  .meta({ id: "EventInput", example: { topic: "upload.finished", payload: { path: "a.wav" } } });
export type EventInput = z.infer<typeof EventInput>;

export const EventQuery = z.strictObject({
  jobId: JobId.optional().meta({ description: "Only this job's events." }),
  queue: Name.optional().meta({ description: "Only this queue's events.", example: "gpu" }),
  topic: Topic.optional().meta({ description: "Only this user topic or event type.", example: "job.completed" }),
});
export type EventQuery = z.infer<typeof EventQuery>;
