// JSON lines on the console, in pino's shape, for whatever collects the process's output.
import type { LogFields, Logger } from "../../ports/logger.ts";

/** pino's numbers (https://getpino.io/#/docs/api?id=logger-level). */
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const;
export type LogLevel = keyof typeof LEVELS;

/** Writes entries of `level` and above, each with `fields` and its own. */
export function createLogger(options: { level?: LogLevel; fields?: LogFields } = {}): Logger {
  const lowest = LEVELS[options.level ?? "info"];
  const write = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (LEVELS[level] < lowest) return;
    const line = JSON.stringify({ level: LEVELS[level], time: Date.now(), ...options.fields, ...readable(fields), msg: message });
    // Two streams, so that a terminal or a supervisor can tell what matters without parsing.
    if (LEVELS[level] >= LEVELS.warn) console.error(line);
    else console.log(line);
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** Errors would be `{}` in JSON. */
function readable(fields: LogFields | undefined): LogFields | undefined {
  if (!fields) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? describe(value) : typeof value === "bigint" ? String(value) : value,
    ]),
  );
}

function describe(error: Error): LogFields {
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause instanceof Error ? { cause: describe(error.cause) } : {}),
  };
}
