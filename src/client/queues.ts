// Queues, runners and keys: what an operator looks at and changes.
import type { input } from "zod";
import type { KeyId } from "../contract/ids.ts";
import type { KeyInput, KeyList, NewKey } from "../contract/key.ts";
import type { Queue, QueueInput, QueueList, QueueStats } from "../contract/queue.ts";
import type { Runner, RunnerPage } from "../contract/runner.ts";
import type { CallOptions, Transport } from "./transport.ts";

type Infer<Schema extends { _output: unknown }> = Schema["_output"];

export function queues(transport: Transport) {
  const path = (name: string, rest = "") => `/api/v1/queues/${encodeURIComponent(name)}${rest}`;
  return {
    list: (options: CallOptions = {}) => transport.call<Infer<typeof QueueList>>("GET", "/api/v1/queues", options),
    get: (name: string, options: CallOptions = {}) => transport.call<Queue>("GET", path(name), options),
    /** What is left out keeps its value. */
    put: (name: string, policy: input<typeof QueueInput>, options: CallOptions = {}) =>
      transport.call<Queue>("PUT", path(name), { ...options, json: policy }),
    pause: (name: string, options: CallOptions = {}) => transport.call<Queue>("POST", path(name, "/pause"), options),
    resume: (name: string, options: CallOptions = {}) => transport.call<Queue>("POST", path(name, "/resume"), options),
    stats: (name: string, options: CallOptions = {}) => transport.call<QueueStats>("GET", path(name, "/stats"), options),
  };
}

export function runners(transport: Transport) {
  const path = (id: string, rest = "") => `/api/v1/runners/${encodeURIComponent(id)}${rest}`;
  return {
    list: (page: { limit?: number; cursor?: string } = {}, options: CallOptions = {}) =>
      transport.call<Infer<typeof RunnerPage>>("GET", "/api/v1/runners", { ...options, query: page }),
    get: (id: string, options: CallOptions = {}) => transport.call<Runner>("GET", path(id), options),
    /** The runner takes no more work, finishes what it has, and exits. */
    drain: (id: string, options: CallOptions = {}) => transport.call<Runner>("POST", path(id, "/drain"), options),
  };
}

export function keys(transport: Transport) {
  return {
    list: (options: CallOptions = {}) => transport.call<Infer<typeof KeyList>>("GET", "/api/v1/keys", options),
    /** The answer holds the key itself, this once. */
    create: (body: input<typeof KeyInput>, options: CallOptions = {}) =>
      transport.call<NewKey>("POST", "/api/v1/keys", { ...options, json: body }),
    revoke: (id: KeyId, options: CallOptions = {}) => transport.call<void>("DELETE", `/api/v1/keys/${encodeURIComponent(id)}`, options),
  };
}
