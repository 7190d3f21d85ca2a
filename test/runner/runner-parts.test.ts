// The runner's small parts by themselves: settings, log buffer, prefetch, back-off, spool.
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createBackoff } from "../../gpu-runner/src/backoff.ts";
import type { HeldLease } from "../../gpu-runner/src/board.ts";
import { ConfigError, readConfig } from "../../gpu-runner/src/config.ts";
import { createLineSplitter } from "../../gpu-runner/src/executors/line-splitter.ts";
import { createLogBuffer } from "../../gpu-runner/src/log-buffer.ts";
import { createBell } from "../../gpu-runner/src/pause.ts";
import { createPrefetch } from "../../gpu-runner/src/prefetch.ts";
import { openSpool, type SpoolEntry } from "../../gpu-runner/src/spool.ts";
import { ApiError } from "../../src/client/index.ts";

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "runner-parts-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

describe("the settings", () => {
  const given = { MILLRACE_URL: "http://localhost:8787", MILLRACE_TOKEN: "mr_x" };

  it("have defaults for everything but the API's address and key", () => {
    expect(readConfig(given)).toMatchObject({
      RUNNER_QUEUES: ["gpu"],
      RUNNER_CONCURRENCY: 1,
      RUNNER_DRAIN_SECONDS: 30,
      RUNNER_LABELS: {},
      commands: {},
      MILLRACE_PARENT_PIPE: false,
    });
  });

  it("read lists and labels", () => {
    expect(readConfig({ ...given, RUNNER_QUEUES: "gpu, batch", RUNNER_LABELS: "zone=lab,note=a=b" })).toMatchObject({
      RUNNER_QUEUES: ["gpu", "batch"],
      RUNNER_LABELS: { zone: "lab", note: "a=b" },
    });
  });

  it.each([
    ["RUNNER_QUEUES", "Gpu!", /RUNNER_QUEUES/],
    ["RUNNER_CONCURRENCY", "0", /RUNNER_CONCURRENCY/],
    ["RUNNER_LABELS", "zone", /RUNNER_LABELS: expected name=value/],
    ["MILLRACE_URL", "localhost:8787", /MILLRACE_URL: expected the API's address/],
    ["RUNNER_CONFIG", "/no/such/file", /RUNNER_CONFIG names .* cannot be read/],
  ])("that are wrong are named: %s=%s", (name, value, message) => {
    expect(() => readConfig({ ...given, [name]: value })).toThrow(ConfigError);
    expect(() => readConfig({ ...given, [name]: value })).toThrow(message);
  });

  it("take commands from a file, and a program given by a relative path from beside it", async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, "runner.json");
    await writeFile(path, JSON.stringify({ commands: { a: { argv: ["./run.sh", "x"] }, b: { argv: ["python3"] } } }));
    expect(readConfig({ ...given, RUNNER_CONFIG: path }).commands).toEqual({
      a: { argv: [join(directory, "run.sh"), "x"] },
      b: { argv: ["python3"] },
    });
    await writeFile(path, JSON.stringify({ commands: { a: { argv: [], shell: true } } }));
    expect(() => readConfig({ ...given, RUNNER_CONFIG: path })).toThrow(/commands\.a\.argv[\s\S]*shell/);
  });
});

describe("the log buffer", () => {
  const everything = { lines: 1e9, bytes: 1e9 };

  it("keeps lines until they are acknowledged, so that a failed heartbeat sends them again", () => {
    const buffer = createLogBuffer();
    for (const line of ["a", "b", "c"]) buffer.add("stdout", line);
    expect(buffer.peek({ lines: 2, bytes: 1e9 }).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(buffer.peek(everything)).toHaveLength(3);
    buffer.acknowledge(2);
    expect(buffer.peek(everything).map(({ line }) => line)).toEqual(["c"]);
  });

  it("drops what comes too fast, and says how much as soon as it can", () => {
    let now = 0;
    const buffer = createLogBuffer(() => now);
    for (let index = 0; index < 5300; index += 1) buffer.add("stdout", "x");
    expect(buffer.size).toBe(5001);
    buffer.acknowledge(5000);
    now += 1000;
    buffer.add("stdout", "y");
    expect(buffer.peek(everything).map(({ line }) => line)).toEqual(["… 300 lines dropped: too many for the log", "y"]);
  });

  it("says what was dropped even if the job falls silent then", () => {
    const buffer = createLogBuffer(() => 0);
    for (let index = 0; index < 5010; index += 1) buffer.add("stdout", "x");
    buffer.acknowledge(5000);
    expect(buffer.peek(everything).map(({ line }) => line)).toEqual(["… 10 lines dropped: too many for the log"]);
  });

  it("holds only text that can be stored", () => {
    const buffer = createLogBuffer();
    buffer.add("event", "a\u0000b\ud800");
    expect(buffer.peek(everything)[0]?.line).toBe("ab\ufffd");
    expect(buffer.hasEvents).toBe(true);
  });
});

describe("the line splitter", () => {
  it("puts characters together that were cut between two pieces", () => {
    const lines: string[] = [];
    const splitter = createLineSplitter((line) => lines.push(line));
    for (const byte of Buffer.from("zwölf 👍\nlast")) splitter.push(Uint8Array.of(byte));
    splitter.end();
    expect(lines).toEqual(["zwölf 👍", "last"]);
  });
});

describe("prefetch", () => {
  const running = (kind: string, startedAt: number, fraction?: number) =>
    ({ job: { kind }, startedAt, progress: fraction === undefined ? undefined : { fraction, message: null } }) as HeldLease;

  it("expects a free slot soon for kinds that are short, and not for unknown or long ones", () => {
    const prefetch = createPrefetch();
    expect(prefetch.expectsFreeSlot([running("a", 0)], 10)).toBe(false);
    prefetch.observe("a", 100);
    prefetch.observe("b", 600_000);
    expect(prefetch.expectsFreeSlot([running("a", 0)], 10)).toBe(true);
    expect(prefetch.expectsFreeSlot([running("b", 0)], 10)).toBe(false);
    expect(prefetch.expectsFreeSlot([running("b", 0)], 598_000)).toBe(true);
  });

  it("gives up the expectation for a job that runs much longer than its kind", () => {
    const prefetch = createPrefetch();
    prefetch.observe("a", 100);
    expect(prefetch.expectsFreeSlot([running("a", 0)], 60_000)).toBe(false);
  });

  it("believes the job's own progress more than its kind", () => {
    const prefetch = createPrefetch();
    prefetch.observe("a", 100);
    expect(prefetch.expectsFreeSlot([running("a", 0, 0.5)], 60_000)).toBe(false);
    expect(prefetch.expectsFreeSlot([running("b", 0, 0.99)], 60_000)).toBe(true);
  });
});

describe("the back-off", () => {
  const waited = async (error: unknown, ring = false) => {
    const bell = createBell();
    if (ring) setTimeout(() => bell.ring(), 20);
    const from = performance.now();
    await createBackoff({ bell }).wait(error);
    return performance.now() - from;
  };

  it("waits some hundred milliseconds at first, and as long as the server asks", async () => {
    expect(await waited(new Error("x"))).toBeLessThan(400);
    expect(await waited(new ApiError({ status: 503, problem: null, detail: "", retryAfterSeconds: 0.6 }))).toBeGreaterThan(590);
  });

  it("is cut short by a bell, but not below what the server asked", async () => {
    expect(await waited(new Error("x"), true)).toBeLessThan(110);
    expect(await waited(new ApiError({ status: 503, problem: null, detail: "", retryAfterSeconds: 0.4 }), true)).toBeGreaterThan(390);
  });
});

describe("the spool", () => {
  const entry = (token: string): SpoolEntry => ({
    jobId: "job_x",
    kind: "command",
    item: { leaseToken: token, outcome: "completed", result: { token } },
    logs: [],
  });

  it("finds after a restart what it held before", async () => {
    const directory = await temporaryDirectory();
    const spool = await openSpool(directory, silent);
    await spool.put(entry("a"));
    await spool.put(entry("b"));
    await spool.remove(entry("a"));
    expect((await openSpool(directory, silent)).entries()).toEqual([entry("b")]);
  });

  it("sets aside what it cannot read, and clears half-written files away", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, "broken.json"), "{");
    await writeFile(join(directory, "half.json.part"), "{");
    const spool = await openSpool(directory, silent);
    expect(spool.size).toBe(0);
    expect(await readdir(join(directory, "rejected"))).toEqual(["broken.json"]);
    expect(await readdir(directory)).toEqual(["rejected"]);
  });

  it("still delivers a result that it cannot write down", async () => {
    const directory = await temporaryDirectory();
    const spool = await openSpool(directory, silent);
    await rm(directory, { recursive: true });
    await spool.put(entry("a"));
    expect(spool.entries()).toEqual([entry("a")]);
  });
});
