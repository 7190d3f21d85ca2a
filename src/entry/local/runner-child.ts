// The gpu-runner as the supervisor sees it: an ordinary runner that happens to be on this machine.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, type ChildEvents } from "./child.ts";
import { childEnvironment } from "./child-environment.ts";
import type { LocalOptions } from "./options.ts";

export function createRunnerChild(options: LocalOptions, token: string, events: ChildEvents): Child {
  return new Child(
    {
      name: "runner",
      command: process.execPath,
      args: [fileURLToPath(new URL("../../../gpu-runner/src/main.ts", import.meta.url))],
      env: {
        ...childEnvironment(),
        RUNNER_ID: "local",
        RUNNER_QUEUES: "gpu",
        ...options.runnerEnvironment,
        RUNNER_DATA: join(options.dataDirectory, "runner"),
        MILLRACE_URL: `http://${urlHost(options.host)}:${options.port}`,
        MILLRACE_TOKEN: token,
        MILLRACE_PARENT_PIPE: "1",
      },
      holdsStdin: true,
      // It then releases its jobs, and ends the processes that run them.
      guardSignal: "SIGTERM",
    },
    events,
  );
}

/** A host to connect to, for one that is listened on. */
export function urlHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
