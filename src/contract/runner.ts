// Runners as the API shows them.
import { z } from "zod";
import { pageOf } from "./page.ts";
import { Timestamp } from "./time.ts";

export const Runner = z
  .object({
    id: z.string().meta({ example: "run_01kaj7zqv5fd8tqb5x1v2m3n4p" }),
    state: z.enum(["online", "offline", "draining"]).meta({ description: "Offline: not heard of for 60 s.", example: "online" }),
    queues: z.array(z.string()),
    kinds: z.array(z.string()).nullable(),
    labels: z.record(z.string(), z.string()),
    capacity: z.unknown(),
    metrics: z.unknown(),
    runningJobs: z.int().meta({ example: 1 }),
    firstSeenAt: Timestamp,
    lastSeenAt: Timestamp,
  })
  .meta({ id: "Runner" });
export type Runner = z.infer<typeof Runner>;
export const RunnerPage = pageOf(Runner).meta({ id: "RunnerPage" });
