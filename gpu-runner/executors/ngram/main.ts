// The ngram executor's process: takes runs from stdin, answers on file descriptor 3, ends when stdin does.
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Answer, type Command, PROTOCOL_VERSION, type RunUsage } from "../../src/executors/protocol.ts";
import { BadInput } from "./bad-input.ts";
import { type GenerateRequest, generate } from "./generate.ts";
import { createModelCache } from "./model-cache.ts";
import { type TrainRequest, train } from "./train.ts";

const CHANNEL = 3;
const models = createModelCache();
const running = new Map<string, AbortController>();

function say(answer: Answer): void {
  const line = Buffer.from(`${JSON.stringify(answer)}\n`);
  for (let sent = 0; sent < line.length; ) {
    try {
      sent += writeSync(CHANNEL, line, sent);
    } catch (error) {
      // The pipe is full: the runner reads it in a moment. Anything else means that the runner is gone.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") process.exit(0);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

async function run({ id, kind, input }: Extract<Command, { t: "run" }>): Promise<void> {
  const abort = new AbortController();
  running.set(id, abort);
  const before = process.cpuUsage();
  const usage = (tokens?: number): RunUsage => {
    const { user, system } = process.cpuUsage(before);
    return { cpuSeconds: (user + system) / 1e6, ...(tokens === undefined ? {} : { tokens }) };
  };
  try {
    const output = await work(kind, input, id, abort.signal);
    say({ t: "done", id, output, usage: usage(output.tokens) });
  } catch (error) {
    if (abort.signal.aborted) say({ t: "cancelled", id, usage: usage() });
    else if (error instanceof BadInput)
      say({ t: "error", id, code: "bad_input", message: error.message, retryable: false, usage: usage() });
    else {
      console.error(error);
      say({
        t: "error",
        id,
        code: "internal",
        message: error instanceof Error ? error.message : String(error),
        retryable: true,
        usage: usage(),
      });
    }
  } finally {
    running.delete(id);
  }
}

async function work(kind: string, input: unknown, id: string, signal: AbortSignal): Promise<{ tokens: number }> {
  if (kind === "train") {
    return train(input as TrainRequest, {
      signal,
      log: (line) => console.log(line),
      progress: (progress) => say({ t: "progress", id, ...progress }),
    });
  }
  const { modelPath, ...request } = input as GenerateRequest & { modelPath: string };
  return generate(await models.load(modelPath), request, { signal, chunk: (text) => say({ t: "chunk", id, d: text }) });
}

const commands = createInterface({ input: process.stdin });
commands.on("line", (line) => {
  const command = JSON.parse(line) as Command;
  if (command.t === "run") void run(command);
  else if (command.t === "cancel") running.get(command.id)?.abort();
  else process.exit(0);
});
// The runner is gone, in whatever way: so is the reason to go on.
commands.on("close", () => process.exit(0));
process.on("SIGINT", () => undefined); // Ctrl-C reaches the whole terminal group; the runner decides when we stop
say({ t: "hello", v: PROTOCOL_VERSION, name: "ngram", kinds: ["train", "generate"] });
