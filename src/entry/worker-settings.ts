// The settings of the Worker in workerd, written by whoever starts it and read by the Worker.
import { z } from "zod";
import { DEFAULT_MAX_UPLOAD_BYTES } from "../contract/upload.ts";

/** Where the supervisor asks the Worker to stop taking work (POST, with the setting `stopToken`). */
export const STOP_PATH = "/internal/stop";

/** Every setting of the Worker. The supervisor of `npm start` and the Compose file write it. */
export const WorkerSettings = z.strictObject({
  /** `api` serves requests, `consumer` runs push queues, `all` does both. Each of them sweeps. */
  role: z.enum(["api", "consumer", "all"]).default("all"),
  /** Connections to Postgres; PGlite has one session. */
  databaseConnections: z.int().min(1).max(100).default(10),
  maxUploadBytes: z.int().min(1).default(DEFAULT_MAX_UPLOAD_BYTES),
  /** The longest time between two sweeps; what is known to be due is swept when due. */
  sweepSeconds: z.number().min(0.1).max(60).default(5),
  /** `http` jobs and the like at the same time. */
  consumerConcurrency: z.int().min(1).max(1000).default(50),
  /** Networks that `http` jobs may call although they are private; the network service has the same list. */
  httpAllow: z.array(z.string()).default([]),
  /** What POST /internal/stop must be asked with; without it, nobody may ask. There are no signals inside workerd. */
  stopToken: z.string().min(32).optional(),
  logLevel: z.enum(["debug", "info", "warn", "error"]).default("info"),
});
export type WorkerSettings = z.infer<typeof WorkerSettings>;
