// Time for waiting, never for truth: every time that is stored or compared with a stored one is the database's.

export interface Clock {
  /** Milliseconds since 1970, for display and for measuring spans. */
  now(): number;
  /** Resolves after that many milliseconds, or as soon as `signal` aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
