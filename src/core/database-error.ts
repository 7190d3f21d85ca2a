// Reads what went wrong out of a database driver's error, whichever driver it is and however drizzle wrapped it.

type DriverError = { code?: unknown; constraint_name?: unknown; constraint?: unknown; cause?: unknown };

/** The SQLSTATE (or the driver's own code) and constraint behind an error, or null. */
export function databaseError(error: unknown): { code: string; constraint: string | null } | null {
  for (
    let current = error as DriverError | null | undefined, depth = 0;
    current && depth < 5;
    current = current.cause as DriverError, depth += 1
  ) {
    if (typeof current.code === "string") {
      const constraint = current.constraint_name ?? current.constraint;
      return { code: current.code, constraint: typeof constraint === "string" ? constraint : null };
    }
  }
  return null;
}

// Class 08: connection; 53300: too many connections; 57P0x: shutting down or starting up. The words are drivers' own codes.
const AWAY = /^(08...|53300|57P0[1235]|CONNECTION_.*|CONNECT_TIMEOUT|ECONN.*|EPIPE|ETIMEDOUT)$/;

/** Whether the database is away for now: the same call may succeed in a moment. */
export function isDatabaseAway(error: unknown): boolean {
  const found = databaseError(error);
  return found !== null && AWAY.test(found.code);
}

/** Deadlock or serialization failure: the statement had no effect and may be run again at once. */
export function isRetryable(error: unknown): boolean {
  const code = databaseError(error)?.code;
  return code === "40P01" || code === "40001";
}

/** What went wrong in the innermost words, without the statement that drizzle puts in front. */
export function rootMessage(error: unknown): string {
  let current = error;
  for (let depth = 0; current instanceof Error && current.cause instanceof Error && depth < 5; depth += 1) current = current.cause;
  return current instanceof Error ? current.message : String(current);
}
