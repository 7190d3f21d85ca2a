// The database process as the supervisor sees it: told where its files are at each start, and asked now and then whether
// it still answers, because a PGlite that hangs holds everything.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, type ChildEvents } from "./child.ts";
import { childEnvironment } from "./child-environment.ts";
import type { FromDatabase, ToDatabase } from "./database/messages.ts";

const PING_MILLISECONDS = 5_000;
/** One statement blocks the whole process; none of ours takes so long. */
const DEAD_AFTER_MILLISECONDS = 120_000;

export type DatabaseChild = {
  child: Child;
  url: string;
  /** Resolves when it first takes connections; rejects with its reason if it ends before. */
  ready: Promise<void>;
};

export function createDatabaseChild(options: { dataDirectory: string; port: number }, events: ChildEvents): DatabaseChild {
  const password = randomBytes(24).toString("base64url");
  const first = Promise.withResolvers<void>();
  let heardAt = Date.now();
  const child = new Child(
    {
      name: "database",
      command: process.execPath,
      args: [fileURLToPath(new URL("database/main.ts", import.meta.url))],
      env: childEnvironment(),
      hasChannel: true,
      onStart(started) {
        heardAt = Date.now();
        started.on("message", (message: FromDatabase) => {
          heardAt = Date.now();
          if (message.type === "ready") first.resolve();
          else if (message.type === "failed") first.reject(new Error(message.reason));
        });
        started.once("exit", () => first.reject(new Error("it ended before it was ready")));
        started.send({
          type: "open",
          directory: join(options.dataDirectory, "postgres"),
          port: options.port,
          password,
        } satisfies ToDatabase);
      },
    },
    events,
  );
  setInterval(() => {
    const running = child.process;
    if (!running?.connected) return;
    if (Date.now() - heardAt > DEAD_AFTER_MILLISECONDS) {
      events.say("The database does not answer any more; ending it.");
      heardAt = Date.now();
      child.kill();
    } else running.send({ type: "ping" } satisfies ToDatabase, () => {});
  }, PING_MILLISECONDS).unref();
  return { child, url: `postgres://postgres:${password}@127.0.0.1:${options.port}/postgres`, ready: first.promise };
}
