// Live events: POST publishes a user's own, GET streams everything by SSE, /ws by WebSocket.
import { z } from "zod";
import { EventInput, EventQuery } from "../../../contract/event.ts";
import { authorise } from "../../../core/context.ts";
import { operation } from "../../operation.ts";

export const publishEvent = operation({
  method: "post",
  path: "/api/v1/events",
  tag: "Events",
  scopes: ["submit"],
  summary: "Publish an event",
  description: "CloudEvents 1.0 JSON, or `{topic, payload}`.",
  body: EventInput,
  // A CloudEvent may say so in its type (application/cloudevents+json), which readJson accepts.
  responses: { 202: { description: "Published.", schema: z.object({ accepted: z.literal(true) }) } },
  async handle({ c, services, identity }, { body }) {
    await services.engine.publishEvent(identity, body);
    return c.json({ accepted: true }, 202);
  },
});

export const streamEvents = operation({
  method: "get",
  path: "/api/v1/events",
  tag: "Events",
  scopes: ["read", "submit"],
  summary: "Stream events (SSE)",
  description: "Server-sent events: `id`, `event` (its type) and `data` (the Event as JSON). `Last-Event-ID` resumes after that event.",
  query: EventQuery.extend({
    lastEventId: z.string().max(64).optional().meta({ description: "Like the header Last-Event-ID, for clients that cannot set one." }),
  }),
  headers: { "last-event-id": "Resume after this event." },
  responses: { 200: { description: "An endless stream.", type: "text/event-stream" } },
  async handle({ c, services, identity }) {
    authorise({ identity }, "read", "submit");
    return services.live.openStream(c.req.raw, identity);
  },
});
