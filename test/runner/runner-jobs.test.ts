// The real runner as a process: how jobs of every kind come to their end.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lives, parentOf, runnerFixture } from "./support/runner-fixture.ts";

const fixture = runnerFixture();

describe("the runner", () => {
  it("runs a job to its result, artifacts and usage, and leaves no directory behind", async () => {
    fixture.setup.start();
    const { job, artifacts } = await fixture.api.untilState(fixture.command("artifact"), "completed");
    expect(artifacts.map(({ name }) => name).sort()).toEqual(["big.bin", "é 你好.txt"]);
    const sizes = artifacts.map(({ uploadId }) => fixture.api.uploads.get(uploadId)?.content.length).sort();
    expect(sizes).toEqual([3, 3_000_000]);
    expect([...fixture.api.uploads.values()].map(({ name }) => name)).toContain("é 你好.txt");
    expect(job.usage?.cpuSeconds).toBeGreaterThanOrEqual(0);
    expect(readdirSync(join(fixture.setup.dataDirectory, "jobs"))).toEqual([]);
  });

  it("keeps its id over restarts", async () => {
    let runner = fixture.setup.start();
    const first = await fixture.api.untilState(fixture.command("quick"), "completed");
    runner.kill("SIGTERM");
    await runner.exited;
    runner = fixture.setup.start();
    const second = await fixture.api.untilState(fixture.command("quick"), "completed");
    expect(first.leasedBy[0]).toMatch(/^run_[0-7][0-9a-z]{25}$/);
    expect(second.leasedBy).toEqual(first.leasedBy);
  });

  it("trains and generates with the built-in engine, streaming the text", async () => {
    fixture.setup.start();
    const text = "The mill grinds the corn by the river. The miller feeds the old wheel. ".repeat(300);
    const trained = await fixture.api.untilState(
      fixture.api.enqueue("train", { datasetUploadId: fixture.api.upload(text), name: "mill", options: { order: 3 } }),
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
    const generated = await fixture.api.untilState(
      fixture.api.enqueue("generate", { modelId, prompt: "The miller", maxTokens: 12, seed: 1 }),
      "completed",
    );
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
    fixture.setup.start();
    const { job } = await fixture.api.untilState(fixture.api.enqueue(kind, payload), "failed");
    expect(job).toMatchObject({ attempt: 1, error: { code, retryable: false } });
  });

  it("fails for good with a dataset or a model that is none", async () => {
    fixture.setup.start();
    const id = fixture.api.upload("short");
    expect((await fixture.api.untilState(fixture.api.enqueue("train", { datasetUploadId: id }), "failed")).job.error).toMatchObject({
      code: "bad_input",
      message: expect.stringContaining("200"),
    });
    expect((await fixture.api.untilState(fixture.api.enqueue("generate", { modelId: id, prompt: "x" }), "failed")).job.error).toMatchObject(
      {
        code: "bad_input",
        message: expect.stringContaining("not name an ngram model"),
      },
    );
  });

  it("tries a crashing job again until its attempts are used up, each time with its last words", async () => {
    fixture.setup.start();
    const { job, settles } = await fixture.api.untilState(fixture.command("crash", { maxAttempts: 3 }), "failed");
    expect(settles).toHaveLength(3);
    expect(job.error).toMatchObject({ code: "exit_code", message: expect.stringContaining("the reason") });
  });

  it("bounds what a job may log and says what is missing", async () => {
    fixture.setup.start();
    const { logs } = await fixture.api.untilState(fixture.command("noisy"), "completed");
    expect(logs.length).toBeLessThan(12_000);
    expect(logs.some(({ line }) => /^… \d+ lines dropped/.test(line))).toBe(true);
    expect(logs.map(({ seq }) => seq)).toEqual(logs.map((_, index) => index + 1));
  });

  it("ends an attempt that runs past its time limit, process group and all", async () => {
    fixture.setup.start();
    const id = fixture.command("stubborn", { timeoutSeconds: 1, maxAttempts: 1 });
    const pid = await fixture.pidOf(id);
    const { job } = await fixture.api.untilState(id, "failed");
    expect(job.error).toMatchObject({ code: "timeout", retryable: true });
    expect(lives(pid)).toBe(false);
  });

  it("stops a cancelled job and says so", async () => {
    fixture.setup.start();
    const id = fixture.command("long");
    const pid = await fixture.pidOf(id);
    fixture.api.cancel(id);
    const { settles } = await fixture.api.untilState(id, "cancelled");
    expect(settles).toHaveLength(1);
    expect(lives(pid)).toBe(false);
  });

  it("stops a job whose lease was lost and says nothing more about it", async () => {
    const runner = fixture.setup.start();
    const id = fixture.command("long", { maxAttempts: 1 });
    const pid = await fixture.pidOf(id);
    fixture.api.job(id).token = "lease_somebody_else";
    await runner.untilLogged("a lease is no longer ours");
    await runner.untilLogged('"outcome":"lost"');
    expect(lives(pid)).toBe(false);
    expect(fixture.api.job(id).settles).toEqual([]);
  });

  it("holds the next short job ready, so that a thousandth of a second lies between two", async () => {
    const runner = fixture.setup.start({ METRICS_PORT: "0" });
    const { metricsPort } = JSON.parse(await runner.untilLogged("runner started")) as { metricsPort: number };
    const ids = Array.from({ length: 40 }, () => fixture.command("quick"));
    await Promise.all(ids.map((id) => fixture.api.untilState(id, "completed")));
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
    fixture.setup.start();
    const long = fixture.command("long");
    await fixture.untilStarted(long);
    const next = fixture.command("quick");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(fixture.api.job(next).job.state).toBe("queued");
  });
});

describe("an executor process that is killed", () => {
  it("costs its job one attempt, and the next attempt gets a new one", async () => {
    const runner = fixture.setup.start();
    const text = Array.from({ length: 400_000 }, (_, index) => `w${(index * 7919) % 5003}`).join(" ");
    const id = fixture.api.enqueue("train", { datasetUploadId: fixture.api.upload(text), options: { order: 5 } });
    const child = () => readdirSync("/proc").find((name) => /^\d+$/.test(name) && parentOf(Number(name)) === runner.pid);
    await expect.poll(child, { interval: 10, timeout: 20_000 }).toBeDefined();
    process.kill(Number(child()), "SIGKILL");
    const { job, settles } = await fixture.api.untilState(id, "completed", 60_000);
    expect(settles[0]).toMatchObject({
      outcome: "failed",
      error: { code: "executor_crash", retryable: true, details: { signal: "SIGKILL" } },
    });
    expect(job.attempt).toBe(2);
  });
});
