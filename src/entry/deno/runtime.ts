// What we use of Deno, named structurally: its own types would take the place of Node's.
import type { ServerSocket } from "../resident/live-hub.ts";

type Handler = (request: Request) => Response | Promise<Response>;
type ServeOptions = { hostname?: string; port?: number; signal?: AbortSignal; onListen?: () => void };

export type DenoRuntime = {
  env: { toObject(): Record<string, string> };
  serve(options: ServeOptions, handler: Handler): { finished: Promise<void> };
  upgradeWebSocket(request: Request, options?: { protocol?: string }): { socket: ServerSocket; response: Response };
  addSignalListener(signal: "SIGINT" | "SIGTERM", listener: () => void): void;
  exit(code: number): never;
  /** On Deno Deploy, and elsewhere with `--unstable-cron`. */
  cron?(name: string, schedule: string, handler: () => Promise<void>): Promise<void>;
};

export const deno = (globalThis as unknown as { Deno: DenoRuntime }).Deno;
