// What workerd hands to the Worker (ops/workerd/millrace.capnp), and the one place where its settings are read.
import { WorkerSettings } from "../worker-settings.ts";

export type Env = {
  RESIDENT: DurableObjectNamespace;
  BLOBS: Fetcher;
  UI: Fetcher;
  OUTBOUND: Fetcher;
  DATABASE_URL: string | null;
  /** Null: events and wake-ups stay within the process. */
  REDIS_URL: string | null;
  /** Settings as JSON; see worker-settings.ts. */
  MILLRACE_WORKER: string | null;
};

export function readSettings(env: Pick<Env, "MILLRACE_WORKER">): WorkerSettings {
  return WorkerSettings.parse(JSON.parse(env.MILLRACE_WORKER || "{}"));
}
