// The command executor with real processes: what it hands in and takes out, and that nothing survives its end.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CommandConfig } from "../../gpu-runner/src/config.ts";
import { createCommandExecutor } from "../../gpu-runner/src/executors/command.ts";
import type { Produced } from "../../gpu-runner/src/executors/executor.ts";
import { killLeftovers, noteGroup } from "../../gpu-runner/src/executors/process-group.ts";
import type { Job } from "../../src/contract/job.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "command-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Ran {
  produced: Produced;
  logs: string[];
  progress: [number, string | null][];
}

interface RunOptions {
  config?: Partial<CommandConfig>;
  payload?: unknown;
  input?: unknown;
  stopWhen?: RegExp;
  killGraceSeconds?: number;
}

/** Runs a shell script as the command "it". */
async function run(script: string, options: RunOptions = {}): Promise<Ran> {
  const abort = new AbortController();
  const logs: string[] = [];
  const progress: [number, string | null][] = [];
  const executor = createCommandExecutor({
    commands: { it: { argv: ["sh", "-c", script], ...options.config } },
    environment: { ...process.env, MILLRACE_TOKEN: "mr_secret" },
    killGraceSeconds: options.killGraceSeconds ?? 0.3,
  });
  const produced = await executor.run({
    job: {
      id: "job_01kaj7zqv5fd8tqb5x1v2m3n4p",
      kind: "command",
      attempt: 2,
      payload: options.payload ?? { command: "it", input: options.input ?? {} },
    } as Partial<Job> as Job,
    directory,
    keepDirectory: directory,
    signal: abort.signal,
    log(stream, line) {
      logs.push(`${stream}: ${line}`);
      if (options.stopWhen?.test(line)) abort.abort("cancelled");
    },
    progress: (fraction, message) => progress.push([fraction, message]),
    download: () => Promise.reject(new Error("not here")),
  });
  return { produced, logs, progress };
}

function errorOf({ produced }: Ran) {
  if (produced.outcome !== "failed") throw new Error(`expected a failure, got ${JSON.stringify(produced)}`);
  return produced.error;
}

/** A zombie has ended: somebody only has to take note of it. */
function lives(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

describe("a command", () => {
  it("gets its input as a file, and its result.json and other files become result and artifacts", async () => {
    const { produced } = await run(
      'cp "$MILLRACE_INPUT" "$MILLRACE_OUTPUT_DIR/result.json"; mkdir "$MILLRACE_OUTPUT_DIR/deep"; echo hi > "$MILLRACE_OUTPUT_DIR/deep/a b.txt"',
      { input: { n: [1, "ä"] } },
    );
    if (produced.outcome !== "completed") throw new Error(JSON.stringify(produced));
    expect(produced.result(new Map())).toEqual({ n: [1, "ä"] });
    expect(produced.files.map(({ name, contentType }) => [name, contentType])).toEqual([["deep/a b.txt", "text/plain"]]);
    expect(await readFile((produced.files[0] as { path: string }).path, "utf8")).toBe("hi\n");
    expect(produced.usage.cpuSeconds).toBeGreaterThanOrEqual(0);
  });

  it("has null as its result when it writes none", async () => {
    const { produced } = await run("true");
    expect(produced.outcome === "completed" && produced.result(new Map())).toBeNull();
  });

  it("sends its output as log lines, whatever bytes it writes", async () => {
    const { logs } = await run(
      String.raw`printf 'one\r\ntwo\rthree\n'; printf 'bad \377 nul \000 end' >&2; head -c 40000 /dev/zero | tr '\0' x`,
    );
    expect(logs).toEqual(expect.arrayContaining(["stdout: one", "stdout: two", "stdout: three", "stderr: bad \ufffd nul  end"]));
    expect(logs.findLast((line) => line.startsWith("stdout"))).toMatch(/x … \(23616 characters cut\)$/);
  });

  it("tells its progress on file descriptor 3; garbage there is ignored with one warning", async () => {
    const { progress, logs, produced } = await run(
      `echo '{"progress":0.4,"message":"step 4"}' >&3; echo garbage >&3; echo 17 >&3; echo '{"progress":1}' >&3`,
    );
    expect(progress).toEqual([
      [0.4, "step 4"],
      [1, null],
    ]);
    expect(logs.filter((line) => line.includes("file descriptor 3"))).toHaveLength(1);
    expect(produced.outcome).toBe("completed");
  });

  it("sees a clean environment without the runner's secrets, and what its configuration gives it", async () => {
    const { logs } = await run("env", { config: { env: { MODEL_DIR: "/models", LANG: "C" } } });
    const names = logs.map((line) => line.replace(/^stdout: /, "").split("=")[0]);
    const fromTheShell = ["PWD", "OLDPWD", "SHLVL", "_"];
    expect(names.filter((name) => !fromTheShell.includes(name ?? "")).sort()).toEqual([
      "HOME",
      "LANG",
      "MILLRACE_ATTEMPT",
      "MILLRACE_INPUT",
      "MILLRACE_JOB_ID",
      "MILLRACE_OUTPUT_DIR",
      "MODEL_DIR",
      "PATH",
      "TMPDIR",
    ]);
    expect(logs).toContain("stdout: LANG=C");
    expect(logs.join()).not.toContain("mr_secret");
  });

  it("fails with its exit code and its last words on stderr", async () => {
    const error = errorOf(await run("for i in $(seq 30); do echo line $i >&2; done; exit 3"));
    expect(error).toMatchObject({ code: "exit_code", retryable: true, details: { exitCode: 3, signal: null } });
    expect(error.message).toBe("The command ended with exit code 3.\nline 26\nline 27\nline 28\nline 29\nline 30");
    expect((error.details as { stderrTail: string[] }).stderrTail).toHaveLength(20);
  });

  it("fails as a crash when a signal ends it", async () => {
    expect(errorOf(await run("echo why >&2; kill -SEGV $$"))).toMatchObject({
      code: "executor_crash",
      retryable: true,
      details: { exitCode: null, signal: "SIGSEGV", stderrTail: ["why"] },
    });
  });

  it("fails clearly when its program does not exist", async () => {
    expect(errorOf(await run("", { config: { argv: ["/no/such/program"] } }))).toMatchObject({
      code: "executor_crash",
      retryable: false,
      message: expect.stringContaining("ENOENT"),
    });
  });

  it("is refused unless its name is allowed, and nothing tells which names are", async () => {
    for (const command of ["other", "__proto__", "constructor", "toString"]) {
      const error = errorOf(await run("true", { payload: { command } }));
      expect(error).toMatchObject({ code: "bad_input", retryable: false });
      expect(error.message).not.toMatch(/\bit\b/);
    }
    expect(errorOf(await run("true", { payload: { comand: "it" } })).message).toMatch(/command: .*; payload: .*comand/);
  });
});

describe("a command's output", () => {
  it.each([
    ["is not JSON", 'echo "{oops" > "$MILLRACE_OUTPUT_DIR/result.json"', /result.json is not valid JSON/],
    ["is too large", 'head -c 300000 /dev/zero | tr "\\0" 1 > "$MILLRACE_OUTPUT_DIR/result.json"', /300000 bytes; at most 262144/],
    ["cannot be stored", String.raw`printf '"a\\u0000b"' > "$MILLRACE_OUTPUT_DIR/result.json"`, /U\+0000/],
  ])("is refused when result.json %s", async (_, script, message) => {
    expect(errorOf(await run(script))).toMatchObject({ code: "bad_output", retryable: false, message: expect.stringMatching(message) });
  });

  it.each([
    ["a link to a file outside", 'ln -s /etc/passwd "$MILLRACE_OUTPUT_DIR/x"'],
    ["a link to a directory outside", 'ln -s /etc "$MILLRACE_OUTPUT_DIR/x"'],
    ["result.json as a link outside", 'ln -s "$MILLRACE_INPUT" "$MILLRACE_OUTPUT_DIR/result.json"'],
    ["a link to nothing", 'ln -s nowhere "$MILLRACE_OUTPUT_DIR/x"'],
    ["a pipe", 'mkfifo "$MILLRACE_OUTPUT_DIR/x"'],
    ["the output directory itself replaced", 'rmdir "$MILLRACE_OUTPUT_DIR"; ln -s /etc "$MILLRACE_OUTPUT_DIR"'],
  ])("is refused when it holds %s", async (_, script) => {
    expect(errorOf(await run(script))).toMatchObject({ code: "bad_output", retryable: false });
  });

  it("may hold links to its own files", async () => {
    const { produced } = await run('cd "$MILLRACE_OUTPUT_DIR"; echo hi > a; ln -s a b');
    expect(produced.outcome === "completed" && produced.files.map(({ name }) => name)).toEqual(["a", "b"]);
  });
});

describe("the end of a command", () => {
  /** Starts a grandchild that ignores SIGTERM, and says its pid. */
  const stubborn = `sh -c 'trap "" TERM; echo grandchild $$; while :; do sleep 0.05; done' &\n`;
  const grandchild = ({ logs }: Ran) => Number(/grandchild (\d+)/.exec(logs.join("\n"))?.[1]);

  it("takes the whole process group along when it is cancelled, whatever the group thinks of SIGTERM", async () => {
    const ran = await run(`${stubborn}trap "" TERM; wait; while :; do sleep 0.05; done`, { stopWhen: /grandchild/ });
    expect(ran.produced.outcome).toBe("stopped");
    expect(lives(grandchild(ran))).toBe(false);
  });

  it("lets a command that obeys SIGTERM clean up first", async () => {
    const { produced, logs } = await run('trap "echo tidied; exit 0" TERM; echo ready; while :; do sleep 0.05; done', {
      stopWhen: /ready/,
      killGraceSeconds: 10,
    });
    expect(produced.outcome).toBe("stopped");
    expect(logs).toContain("stdout: tidied");
  });

  it("comes after the time its configuration allows", async () => {
    const ran = await run(`${stubborn}sleep 30`, { config: { timeoutSeconds: 0.4 } });
    expect(errorOf(ran)).toMatchObject({ code: "timeout", retryable: true });
    expect(lives(grandchild(ran))).toBe(false);
  });

  it("takes along what it left running in the background", async () => {
    const ran = await run(`${stubborn}sleep 0.2`);
    expect(ran.produced.outcome).toBe("completed");
    expect(lives(grandchild(ran))).toBe(false);
  });

  it("is not held up by a process that left the group with its pipes open", async () => {
    const from = performance.now();
    const { produced } = await run("setsid sleep 20 & sleep 0.1");
    expect(produced.outcome).toBe("completed");
    expect(performance.now() - from).toBeLessThan(5000);
  });

  it("comes late for a group that a killed runner left behind, and never for another that has its number", async () => {
    const child = spawn("sleep", ["30"], { detached: true, stdio: "ignore" });
    const exited = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    const pid = child.pid as number;
    await mkdir(join(directory, "a"));
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

    await writeFile(join(directory, "a", "process.json"), JSON.stringify({ pid, startTime: "1" }));
    await killLeftovers(directory, log);
    expect(lives(pid)).toBe(true);

    await noteGroup(join(directory, "a"), pid);
    await killLeftovers(directory, log);
    expect(await exited).toBe("SIGKILL");
  });
});
