// The real runner as a process against a remote API that the test can take away: nothing is lost, nothing runs on.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JobId } from "../../src/contract/ids.ts";
import { type RemoteApi, startRemoteApi } from "./support/remote-api.ts";
import { type RunnerProcess, type RunnerSetup, setUpRunner } from "./support/runner-process.ts";

const shell = (script: string) => ({ argv: ["sh", "-c", script] });
const COMMANDS = {
  quick: shell('echo \'{"ok":true}\' > "$MILLRACE_OUTPUT_DIR/result.json"'),
  half: shell('echo started; sleep 0.8; echo \'{"ok":true}\' > "$MILLRACE_OUTPUT_DIR/result.json"'),
  long: shell("echo started $$; sleep 60"),
  stubborn: shell('trap "" TERM; echo started $$; while :; do sleep 0.05; done'),
  artifact: shell('head -c 3000000 /dev/zero > "$MILLRACE_OUTPUT_DIR/big.bin"; echo hi > "$MILLRACE_OUTPUT_DIR/é 你好.txt"'),
  noisy: shell("seq 30000"),
  crash: shell("echo the reason >&2; exit 9"),
};

let api: RemoteApi;
let setup: RunnerSetup;
let runner: RunnerProcess;

beforeEach(async () => {
  api = await startRemoteApi();
  setup = await setUpRunner(api.url, COMMANDS);
});
afterEach(async () => {
  await setup.close();
  await api.close();
  expect(api.violations).toEqual([]);
});

const command = (name: keyof typeof COMMANDS, options: Parameters<RemoteApi["enqueue"]>[2] = {}) =>
  api.enqueue("command", { command: name }, options);
const spooled = async () => (await readdir(join(setup.dataDirectory, "spool"))).filter((name) => name.endsWith(".json"));
const untilStarted = (id: JobId) => api.until(id, ({ logs }) => logs.some(({ line }) => line.startsWith("started")));
const pidOf = async (id: JobId) => Number((await untilStarted(id)).logs.map(({ line }) => /started (\d+)/.exec(line)?.[1]).find(Boolean));

/** A zombie has ended: somebody only has to take note of it. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) [ZX] /.test(String(readProcess(pid)));
  } catch {
    return false;
  }
}

describe("the runner", () => {
  it("runs a job to its result, artifacts and usage, and leaves no directory behind", async () => {
    runner = setup.start();
    const { job, artifacts } = await api.untilState(command("artifact"), "completed");
    expect(artifacts.map(({ name }) => name).sort()).toEqual(["big.bin", "é 你好.txt"]);
    const sizes = artifacts.map(({ uploadId }) => api.uploads.get(uploadId)?.content.length).sort();
    expect(sizes).toEqual([3, 3_000_000]);
    expect([...api.uploads.values()].map(({ name }) => name)).toContain("é 你好.txt");
    expect(job.usage?.cpuSeconds).toBeGreaterThanOrEqual(0);
    expect(readdirSync(join(setup.dataDirectory, "jobs"))).toEqual([]);
  });

  it("keeps its id over restarts", async () => {
    runner = setup.start();
    const first = await api.untilState(command("quick"), "completed");
    runner.kill("SIGTERM");
    await runner.exited;
    runner = setup.start();
    const second = await api.untilState(command("quick"), "completed");
    expect(first.leasedBy[0]).toMatch(/^run_[0-7][0-9a-z]{25}$/);
    expect(second.leasedBy).toEqual(first.leasedBy);
  });

  it("trains and generates with the built-in engine, streaming the text", async () => {
    runner = setup.start();
    const text = "The mill grinds the corn by the river. The miller feeds the old wheel. ".repeat(300);
    const trained = await api.untilState(
      api.enqueue("train", { datasetUploadId: api.upload(text), name: "mill", options: { order: 3 } }),
      "completed",
    );
    expect(trained.job.result).toMatchObject({
      name: "mill",
      engine: "ngram",
      order: 3,
      unit: "word",
      modelId: trained.artifacts[0]?.uploadId,
    });
    expect(trained.job.usage).toMatchObject({ cpuSeconds: expect.any(Number), tokens: expect.any(Number) });
    expect(trained.logs.filter(({ line }) => /^step \d+\/10, perplexity/.test(line))).toHaveLength(10);
    const { modelId } = trained.job.result as { modelId: string };
    const generated = await api.untilState(api.enqueue("generate", { modelId, prompt: "The miller", maxTokens: 12, seed: 1 }), "completed");
    const result = generated.job.result as { text: string };
    expect(result).toMatchObject({ text: expect.stringContaining("wheel"), tokens: 12, modelId, seed: 1, finishReason: "length" });
    const streamed = generated.logs
      .filter(({ stream }) => stream === "event")
      .map(({ line }) => JSON.parse(line) as { type: string; text: string });
    expect(streamed.every(({ type }) => type === "token")).toBe(true);
    expect(streamed.map((event) => event.text).join("")).toBe(result.text);
  });

  it.each([
    ["a payload that is not valid", "train", { datasetUploadId: "no", options: { order: 99 } }, "bad_input"],
    ["a dataset that does not exist", "train", { datasetUploadId: "upl_01kaj7zqv5fd8tqb5x1v2m3n4p" }, "dataset_not_found"],
    ["a model that does not exist", "generate", { modelId: "upl_01kaj7zqv5fd8tqb5x1v2m3n4p", prompt: "x" }, "model_not_found"],
    ["a command that is not allowed", "command", { command: "rm" }, "bad_input"],
  ])("fails for good with %s", async (_, kind, payload, code) => {
    runner = setup.start();
    const { job } = await api.untilState(api.enqueue(kind, payload), "failed");
    expect(job).toMatchObject({ attempt: 1, error: { code, retryable: false } });
  });

  it("fails for good with a dataset or a model that is none", async () => {
    runner = setup.start();
    const id = api.upload("short");
    expect((await api.untilState(api.enqueue("train", { datasetUploadId: id }), "failed")).job.error).toMatchObject({
      code: "bad_input",
      message: expect.stringContaining("200"),
    });
    expect((await api.untilState(api.enqueue("generate", { modelId: id, prompt: "x" }), "failed")).job.error).toMatchObject({
      code: "bad_input",
      message: expect.stringContaining("not name an ngram model"),
    });
  });

  it("tries a crashing job again until its attempts are used up, each time with its last words", async () => {
    runner = setup.start();
    const { job, settles } = await api.untilState(command("crash", { maxAttempts: 3 }), "failed");
    expect(settles).toHaveLength(3);
    expect(job.error).toMatchObject({ code: "exit_code", message: expect.stringContaining("the reason") });
  });

  it("bounds what a job may log and says what is missing", async () => {
    runner = setup.start();
    const { logs } = await api.untilState(command("noisy"), "completed");
    expect(logs.length).toBeLessThan(12_000);
    expect(logs.some(({ line }) => /^… \d+ lines dropped/.test(line))).toBe(true);
    expect(logs.map(({ seq }) => seq)).toEqual(logs.map((_, index) => index + 1));
  });

  it("ends an attempt that runs past its time limit, process group and all", async () => {
    runner = setup.start();
    const id = command("stubborn", { timeoutSeconds: 1, maxAttempts: 1 });
    const pid = await pidOf(id);
    const { job } = await api.untilState(id, "failed");
    expect(job.error).toMatchObject({ code: "timeout", retryable: true });
    expect(lives(pid)).toBe(false);
  });

  it("stops a cancelled job and says so", async () => {
    runner = setup.start();
    const id = command("long");
    const pid = await pidOf(id);
    api.cancel(id);
    const { settles } = await api.untilState(id, "cancelled");
    expect(settles).toHaveLength(1);
    expect(lives(pid)).toBe(false);
  });

  it("stops a job whose lease was lost and says nothing more about it", async () => {
    runner = setup.start();
    const id = command("long", { maxAttempts: 1 });
    const pid = await pidOf(id);
    api.job(id).token = "lease_somebody_else";
    await runner.untilLogged("a lease is no longer ours");
    await runner.untilLogged('"outcome":"lost"');
    expect(lives(pid)).toBe(false);
    expect(api.job(id).settles).toEqual([]);
  });

  it("holds the next short job ready, so that a thousandth of a second lies between two", async () => {
    runner = setup.start({ METRICS_PORT: "0" });
    const { metricsPort } = JSON.parse(await runner.untilLogged("runner started")) as { metricsPort: number };
    const ids = Array.from({ length: 40 }, () => command("quick"));
    await Promise.all(ids.map((id) => api.untilState(id, "completed")));
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const below = (limit: string) => Number(text.split(`gpu_runner_job_gap_seconds_bucket{le="${limit}"} `)[1]?.split("\n")[0]);
    expect(below("+Inf")).toBeGreaterThanOrEqual(38);
    expect(below("0.02") / below("+Inf")).toBeGreaterThan(0.9);
    expect(text).toContain('gpu_runner_jobs_total{kind="command",outcome="completed"} 40');
    expect(text).toContain("gpu_runner_spool_size 0");
    const health = await (await fetch(`http://127.0.0.1:${metricsPort}/health`)).json();
    expect(health).toMatchObject({ status: "ok", spooled: 0 });
  });

  it("holds no job behind one that may run long", async () => {
    runner = setup.start();
    const long = command("long");
    await untilStarted(long);
    const next = command("quick");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(api.job(next).job.state).toBe("queued");
  });
});

describe("an executor process that is killed", () => {
  it("costs its job one attempt, and the next attempt gets a new one", async () => {
    runner = setup.start();
    const text = Array.from({ length: 400_000 }, (_, index) => `w${(index * 7919) % 5003}`).join(" ");
    const id = api.enqueue("train", { datasetUploadId: api.upload(text), options: { order: 5 } });
    const child = () => readdirSync("/proc").find((name) => /^\d+$/.test(name) && parentOf(Number(name)) === runner.pid);
    await expect.poll(child, { interval: 10 }).toBeDefined();
    process.kill(Number(child()), "SIGKILL");
    const { job, settles } = await api.untilState(id, "completed", 60_000);
    expect(settles[0]).toMatchObject({
      outcome: "failed",
      error: { code: "executor_crash", retryable: true, details: { signal: "SIGKILL" } },
    });
    expect(job.attempt).toBe(2);
  });
});

describe("results", () => {
  it("outlive an outage of the API: spooled, then delivered once", async () => {
    runner = setup.start();
    const id = command("half");
    await untilStarted(id);
    await api.goAway();
    await runner.untilLogged("results cannot be delivered yet");
    expect(await spooled()).toHaveLength(1);
    await api.comeBack();
    const { settles, logs } = await api.untilState(id, "completed");
    expect(settles).toHaveLength(1);
    expect(logs.map(({ line }) => line)).toEqual(["started"]);
    await api.untilState(command("quick"), "completed");
    await expect.poll(spooled).toEqual([]);
  });

  it("outlive a kill −9 of the runner while the API is away", async () => {
    runner = setup.start();
    const id = command("half");
    await untilStarted(id);
    await api.goAway();
    await runner.untilLogged("results cannot be delivered yet");
    runner.kill("SIGKILL");
    await runner.exited;
    await api.comeBack();
    runner = setup.start();
    const { settles, job } = await api.untilState(id, "completed");
    expect(settles).toHaveLength(1);
    expect(job.attempt).toBe(1);
  });

  it("wait out a 503, and are dropped with a word when their lease is lost", async () => {
    runner = setup.start();
    api.failSettlesWith = 503;
    const id = command("half", { maxAttempts: 1 });
    await runner.untilLogged("results cannot be delivered yet");
    api.job(id).token = null;
    api.failSettlesWith = undefined;
    await runner.untilLogged("a result came too late");
    expect(api.job(id).settles).toEqual([]);
    await expect.poll(spooled).toEqual([]);
  });

  it("that the API calls invalid fail their job instead of being sent for ever", async () => {
    runner = setup.start();
    api.failSettlesWith = 422;
    const id = command("half");
    await runner.untilLogged("the API refuses a result");
    await runner.untilLogged("set aside");
    api.failSettlesWith = undefined;
    await expect.poll(() => readdir(join(setup.dataDirectory, "spool", "rejected"))).toHaveLength(1);
    expect(api.job(id).settles).toEqual([]);
    await api.untilState(command("quick"), "completed");
  });
});

describe("a kill −9 of the runner", () => {
  it("loses no job: what ran is rescued by its lease, and the leftover command is ended before it runs again", async () => {
    runner = setup.start({ RUNNER_LEASE_SECONDS: "5" });
    const id = command("long");
    const pid = await pidOf(id);
    runner.kill("SIGKILL");
    await runner.exited;
    expect(lives(pid)).toBe(true);
    runner = setup.start({ RUNNER_LEASE_SECONDS: "5" });
    await runner.untilLogged("left behind");
    await expect.poll(() => lives(pid)).toBe(false);
    await api.until(id, ({ job }) => job.attempt === 2);
    await expect.poll(() => readdirSync(join(setup.dataDirectory, "jobs"))).toHaveLength(1);
  });

  it("in the middle of a training lets the next attempt go on from the last checkpoint, to the same model", async () => {
    runner = setup.start({ RUNNER_LEASE_SECONDS: "5" });
    const text = Array.from({ length: 600_000 }, (_, index) => `w${(index * index + (index >> 5)) % 20_011}`).join(" ");
    const dataset = { datasetUploadId: api.upload(text), options: { order: 6 } };
    const id = api.enqueue("train", dataset);
    const checkpoint = join(setup.dataDirectory, "kept", id, "counts.bin");
    await expect.poll(() => existsSync(checkpoint), { timeout: 60_000, interval: 20 }).toBe(true);
    runner.kill("SIGKILL");
    await runner.exited;
    runner = setup.start();
    const { job } = await api.untilState(id, "completed", 90_000);
    const result = job.result as { resumedFromStep: number; perplexity: number; ngrams: number };
    expect(result.resumedFromStep).toBeGreaterThan(0);
    expect(existsSync(checkpoint)).toBe(false);
    const whole = (await api.untilState(api.enqueue("train", dataset), "completed", 90_000)).job.result;
    expect(whole).toMatchObject({ perplexity: result.perplexity, ngrams: result.ngrams, resumedFromStep: 0 });
  }, 240_000);
});

describe("draining", () => {
  it("on SIGTERM finishes what runs, takes nothing new, and exits with 0", async () => {
    runner = setup.start();
    const id = command("half");
    await untilStarted(id);
    runner.kill("SIGTERM");
    await runner.untilLogged("draining");
    const late = command("quick");
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(api.job(id).job.state).toBe("completed");
    expect(api.job(late).leasedBy).toEqual([]);
  });

  it("releases what does not end in time", async () => {
    runner = setup.start({ RUNNER_DRAIN_SECONDS: "0.5" });
    const id = command("stubborn");
    const pid = await pidOf(id);
    runner.kill("SIGTERM");
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(api.job(id)).toMatchObject({ job: { state: "queued", attempt: 0 }, settles: [{ outcome: "released" }] });
    expect(lives(pid)).toBe(false);
  });

  it("gives back the prefetched job", async () => {
    runner = setup.start();
    await api.untilState(command("half"), "completed"); // now the runner knows how long these take
    const ids = [command("half"), command("half")];
    await api.until(ids[1] as JobId, ({ leasedBy }) => leasedBy.length === 1);
    runner.kill("SIGTERM");
    await runner.exited;
    expect(ids.map((id) => api.job(id).job.state)).toEqual(["completed", "queued"]);
    expect(api.job(ids[1] as JobId).settles).toMatchObject([{ outcome: "released" }]);
  });

  it("is fast on the second SIGTERM", async () => {
    runner = setup.start({ RUNNER_DRAIN_SECONDS: "60" });
    const id = command("long");
    await untilStarted(id);
    runner.kill("SIGTERM");
    await runner.untilLogged("draining");
    runner.kill("SIGTERM");
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(api.job(id).settles).toMatchObject([{ outcome: "released" }]);
  });

  it("follows the server's word", async () => {
    runner = setup.start();
    const id = command("half");
    await untilStarted(id);
    api.drain = true;
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(api.job(id).job.state).toBe("completed");
  });

  it("follows the end of stdin where a parent asked for it", async () => {
    runner = setup.start({ MILLRACE_PARENT_PIPE: "1" });
    const id = command("long");
    const pid = await pidOf(id);
    runner.closeStdin();
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(api.job(id).settles).toMatchObject([{ outcome: "released" }]);
    expect(lives(pid)).toBe(false);
  });

  it("comes to an end while the API is away, with the results safe on disk", async () => {
    runner = setup.start();
    const id = command("half");
    await untilStarted(id);
    await api.goAway();
    await runner.untilLogged("results cannot be delivered yet");
    runner.kill("SIGTERM");
    await runner.untilLogged("draining");
    runner.kill("SIGTERM");
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(await spooled()).toHaveLength(1);
    await api.comeBack();
  });
});

describe("starting", () => {
  it("says which settings are missing, and exits", async () => {
    runner = setup.start({ MILLRACE_URL: "", MILLRACE_TOKEN: "" });
    expect((await runner.exited).code).toBe(78);
    const output = runner.output.join("\n");
    expect(output).toContain("MILLRACE_URL: expected the API's address, such as https://jobs.example.com (it is not set)");
    expect(output).toContain("MILLRACE_TOKEN: expected an API key with the scope 'runner' (mr_…) (it is not set)");
  });

  it("refuses a data directory that another runner uses", async () => {
    runner = setup.start();
    await runner.untilLogged("runner started");
    const second = setup.start();
    expect((await second.exited).code).toBe(78);
    expect(second.output.join("\n")).toContain("Another runner is using");
  });

  it("goes on asking with a key that is refused, and says what to do", async () => {
    runner = setup.start({ MILLRACE_TOKEN: "mr_wrong" });
    expect(await runner.untilLogged("refuses this runner's key")).toContain("MILLRACE_TOKEN");
    expect(api.requests.length).toBeLessThan(3);
  });
});

function readProcess(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, "utf8");
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readProcess(pid);
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
