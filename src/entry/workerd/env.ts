// What workerd hands to the Worker (ops/workerd/millrace.capnp), and the one place where its settings are read.
import { z } from "zod";
import { DEFAULT_MAX_UPLOAD_BYTES } from "../../contract/upload.ts";
import type { Resident } from "../workerd.ts";

export type Env = {
  RESIDENT: DurableObjectNamespace<Resident>;
  BLOBS: Fetcher;
  UI: Fetcher;
  OUTBOUND: Fetcher;
  DATABASE_URL: string | null;
  /** Settings as JSON; see `WorkerSettings`. */
  MILLRACE_WORKER: string | null;
};

/** Every setting of the Worker. The supervisor of `npm start` and the Compose file write it. */
export const WorkerSettings = z.strictObject({
  /** Connections to Postgres; PGlite has one session. */
  databaseConnections: z.int().min(1).max(100).default(10),
  maxUploadBytes: z.int().min(1).default(DEFAULT_MAX_UPLOAD_BYTES),
  /** The longest time between two sweeps; what is known to be due is swept when due. */
  sweepSeconds: z.number().min(0.1).max(60).default(5),
  /** `http` jobs and the like at the same time. */
  consumerConcurrency: z.int().min(1).max(1000).default(50),
  /** Networks that `http` jobs may call although they are private; the network service has the same list. */
  httpAllow: z.array(z.string()).default([]),
  logLevel: z.enum(["debug", "info", "warn", "error"]).default("info"),
});
export type WorkerSettings = z.infer<typeof WorkerSettings>;

export function readSettings(env: Pick<Env, "MILLRACE_WORKER">): WorkerSettings {
  return WorkerSettings.parse(JSON.parse(env.MILLRACE_WORKER || "{}"));
}
