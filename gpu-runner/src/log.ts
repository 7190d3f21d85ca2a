// JSON lines on stdout in pino's shape, for whatever collects the process's output.

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** pino's numbers (https://getpino.io/#/docs/api?id=logger-level). */
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const;
export type LogLevel = keyof typeof LEVELS;

export function createLog(lowest: LogLevel, fields: Record<string, unknown> = {}): Log {
  const write = (level: LogLevel) => (message: string, more?: Record<string, unknown>) => {
    if (LEVELS[level] < LEVELS[lowest]) return;
    process.stdout.write(
      `${JSON.stringify({ level: LEVELS[level], time: Date.now(), name: "gpu-runner", ...fields, ...more, msg: message })}\n`,
    );
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
