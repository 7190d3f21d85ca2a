// Waits until a job is over: woken by its events, and looking at the row now and then in case one was lost.
import type { Job } from "../../contract/job.ts";
import type { Call } from "../context.ts";
import { isTerminal } from "../states.ts";
import { getJob } from "./get.ts";

const SAFETY_LOOK_MILLISECONDS = 5_000;

/** The job as soon as it is terminal, or as it is when `seconds` have passed. */
export async function waitForJob({ ctx, input }: Call<{ id: string; seconds: number }>): Promise<Job> {
  const deadline = ctx.clock.now() + input.seconds * 1000;
  for (;;) {
    const over = new AbortController();
    const unsubscribe = ctx.bus.subscribe({ workspaceId: ctx.identity.workspaceId, jobId: input.id }, (events) => {
      if (events.some((event) => event.type === "job.completed" || event.type === "job.failed" || event.type === "job.cancelled"))
        over.abort();
    });
    try {
      const job = await getJob({ ctx, input });
      const left = deadline - ctx.clock.now();
      if (isTerminal(job.state) || left <= 0) return job;
      await ctx.clock.sleep(Math.min(left, SAFETY_LOOK_MILLISECONDS), over.signal);
    } finally {
      unsubscribe();
    }
  }
}
