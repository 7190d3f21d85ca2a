// Queues: reading, changing, pausing.
import { z } from "zod";
import { Queue, QueueInput, QueueList, QueueStats } from "../../../contract/queue.ts";
import { Name } from "../../../contract/text.ts";
import { operation } from "../../operation.ts";

const ReadParams = z.object({ name: z.string().meta({ description: "The queue's name.", example: "default" }) });
const WriteParams = z.object({ name: Name });

export const listQueues = operation({
  method: "get",
  path: "/api/v1/queues",
  tag: "Queues",
  scopes: ["read", "submit"],
  summary: "List queues",
  responses: { 200: { description: "Every queue with its policy and counts.", schema: QueueList } },
  handle: async ({ c, services, identity }) => c.json(await services.engine.listQueues(identity, {})),
});

export const getQueue = operation({
  method: "get",
  path: "/api/v1/queues/{name}",
  tag: "Queues",
  scopes: ["read", "submit"],
  summary: "Read a queue",
  params: ReadParams,
  problems: ["not_found"],
  responses: { 200: { description: "The queue.", schema: Queue } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.getQueue(identity, params)),
});

export const putQueue = operation({
  method: "put",
  path: "/api/v1/queues/{name}",
  tag: "Queues",
  scopes: [],
  summary: "Make or change a queue",
  description: "What is left out keeps its value.",
  params: WriteParams,
  body: QueueInput,
  problems: ["not_implemented"],
  responses: { 200: { description: "The queue.", schema: Queue } },
  handle: async ({ c, services, identity }, { params, body }) =>
    c.json(await services.engine.putQueue(identity, { name: params.name, policy: body })),
});

export const pauseQueue = operation({
  method: "post",
  path: "/api/v1/queues/{name}/pause",
  tag: "Queues",
  scopes: [],
  summary: "Hand out no more of a queue's jobs",
  params: ReadParams,
  problems: ["not_found"],
  responses: { 200: { description: "The queue.", schema: Queue } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.pauseQueue(identity, { ...params, paused: true })),
});

export const resumeQueue = operation({
  method: "post",
  path: "/api/v1/queues/{name}/resume",
  tag: "Queues",
  scopes: [],
  summary: "Hand out a queue's jobs again",
  params: ReadParams,
  problems: ["not_found"],
  responses: { 200: { description: "The queue.", schema: Queue } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.pauseQueue(identity, { ...params, paused: false })),
});

export const getQueueStats = operation({
  method: "get",
  path: "/api/v1/queues/{name}/stats",
  tag: "Queues",
  scopes: ["read", "submit"],
  summary: "How a queue is doing",
  params: ReadParams,
  problems: ["not_found"],
  responses: { 200: { description: "Counts, age of the oldest ready job, and the last hour.", schema: QueueStats } },
  handle: async ({ c, services, identity }, { params }) => c.json(await services.engine.getQueueStats(identity, params)),
});
