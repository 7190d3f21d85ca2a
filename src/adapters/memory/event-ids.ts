// Event ids as Redis Streams make them: `<milliseconds>-<n>`, strictly increasing even where the clock is set back.
import type { Clock } from "../../ports/clock.ts";

export function createEventIds(clock: Pick<Clock, "now">): () => string {
  let lastMilliseconds = 0;
  let lastNumber = 0;
  return () => {
    const now = Math.max(clock.now(), lastMilliseconds);
    lastNumber = now === lastMilliseconds ? lastNumber + 1 : 0;
    lastMilliseconds = now;
    return `${now}-${lastNumber}`;
  };
}
