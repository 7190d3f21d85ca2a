// Sleeping that an abort cuts short, and a bell to sleep until it rings.

/** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}

export interface Bell {
  /** Wakes everybody who waits; with nobody waiting, the next one to come does not wait. */
  ring(): void;
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** For one listener: a ring is heard once. */
export function createBell(): Bell {
  let hasRung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      hasRung = true;
      wake?.();
    },
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", done);
          wake = undefined;
          hasRung = false;
          resolve();
        };
        const timer = hasRung || signal?.aborted ? undefined : setTimeout(done, ms);
        if (!timer) return done();
        wake = done;
        signal?.addEventListener("abort", done, { once: true });
      }),
  };
}
