// Long polls that can be given up: a poll waits where the engine is, its client hangs where the request is. The request
// names its poll by a random id, and abandons it by that id when its client has gone.
import { authorise, type Call } from "../context.ts";

const waiting = new Map<string, AbortController>();

/** The signal that says the poll was abandoned; `close` forgets it. */
export function openPoll(pollId: string | undefined): { signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  if (pollId !== undefined) waiting.set(pollId, controller);
  return {
    signal: controller.signal,
    close() {
      if (pollId !== undefined) waiting.delete(pollId);
    },
  };
}

/** Ends a wait for work whose client has gone. Nothing happens where it is over already. */
export async function abandonPoll({ ctx, input }: Call<{ pollId: string }>): Promise<void> {
  authorise(ctx, "runner");
  waiting.get(input.pollId)?.abort();
}
