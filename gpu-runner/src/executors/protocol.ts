// What the runner and a persistent executor say to each other: one JSON object a line, commands on the executor's stdin,
// answers on its file descriptor 3. stdout and stderr are logs and nothing else. Large things travel as files by path.

export const PROTOCOL_VERSION = 1;

export type Command =
  | { t: "run"; id: string; kind: string; input: unknown }
  | { t: "cancel"; id: string }
  /** Finish nothing, exit. The end of stdin means the same. */
  | { t: "shutdown" };

export interface RunUsage {
  cpuSeconds?: number;
  tokens?: number;
}

/** Exactly one of done, error and cancelled ends a run; whatever follows it is ignored. */
export type Answer =
  | { t: "hello"; v: number; name: string; kinds: string[] }
  | { t: "progress"; id: string; done: number; total: number; note: string }
  | { t: "chunk"; id: string; d: string }
  | { t: "done"; id: string; output: unknown; usage: RunUsage }
  | { t: "error"; id: string; code: string; message: string; retryable: boolean; usage: RunUsage }
  | { t: "cancelled"; id: string; usage: RunUsage };
