// The real runner as a process while the API is away, and when it is killed: nothing is lost, nothing runs on.
import { existsSync, readdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lives, runnerFixture } from "./support/runner-fixture.ts";

const fixture = runnerFixture();

describe("results", () => {
  it("outlive an outage of the API: spooled, then delivered once", async () => {
    const runner = fixture.setup.start();
    const id = fixture.command("half");
    await fixture.untilStarted(id);
    await fixture.api.goAway();
    await runner.untilLogged("results cannot be delivered yet");
    expect(await fixture.spooled()).toHaveLength(1);
    await fixture.api.comeBack();
    const { settles, logs } = await fixture.api.untilState(id, "completed");
    expect(settles).toHaveLength(1);
    expect(logs.map(({ line }) => line)).toEqual(["started"]);
    await fixture.api.untilState(fixture.command("quick"), "completed");
    await expect.poll(fixture.spooled, { timeout: 10_000 }).toEqual([]);
  });

  it("outlive a kill −9 of the runner while the API is away", async () => {
    let runner = fixture.setup.start();
    const id = fixture.command("half");
    await fixture.untilStarted(id);
    await fixture.api.goAway();
    await runner.untilLogged("results cannot be delivered yet");
    runner.kill("SIGKILL");
    await runner.exited;
    await fixture.api.comeBack();
    runner = fixture.setup.start();
    const { settles, job } = await fixture.api.untilState(id, "completed");
    expect(settles).toHaveLength(1);
    expect(job.attempt).toBe(1);
  });

  it("wait out a 503, and are dropped with a word when their lease is lost", async () => {
    const runner = fixture.setup.start();
    fixture.api.failSettlesWith = 503;
    const id = fixture.command("half", { maxAttempts: 1 });
    await runner.untilLogged("results cannot be delivered yet");
    fixture.api.job(id).token = null;
    fixture.api.failSettlesWith = undefined;
    await runner.untilLogged("a result came too late");
    expect(fixture.api.job(id).settles).toEqual([]);
    await expect.poll(fixture.spooled, { timeout: 10_000 }).toEqual([]);
  });

  it("that the API calls invalid fail their job instead of being sent for ever", async () => {
    const runner = fixture.setup.start();
    fixture.api.failSettlesWith = 422;
    const id = fixture.command("half");
    await runner.untilLogged("the API refuses a result");
    await runner.untilLogged("set aside");
    fixture.api.failSettlesWith = undefined;
    await expect.poll(() => readdir(join(fixture.setup.dataDirectory, "spool", "rejected")), { timeout: 10_000 }).toHaveLength(1);
    expect(fixture.api.job(id).settles).toEqual([]);
    await fixture.api.untilState(fixture.command("quick"), "completed");
  });
});

describe("a kill −9 of the runner", () => {
  it("loses no job: the leftover command is ended, its attempt failed, and the next one runs at once", async () => {
    let runner = fixture.setup.start();
    const id = fixture.command("long");
    const pid = await fixture.pidOf(id);
    runner.kill("SIGKILL");
    await runner.exited;
    expect(lives(pid)).toBe(true);
    runner = fixture.setup.start();
    await runner.untilLogged("left behind");
    await expect.poll(() => lives(pid), { timeout: 10_000 }).toBe(false);
    expect((await fixture.api.until(id, ({ job }) => job.attempt === 2, 4000)).settles).toMatchObject([
      { outcome: "failed", error: { code: "runner_crash", retryable: true } },
    ]);
    await expect.poll(() => readdirSync(join(fixture.setup.dataDirectory, "jobs")), { timeout: 10_000 }).toHaveLength(1);
  });

  it("in the middle of a training lets the next attempt go on from the last checkpoint, to the same model", async () => {
    let runner = fixture.setup.start();
    const text = Array.from({ length: 600_000 }, (_, index) => `w${(index * index + (index >> 5)) % 20_011}`).join(" ");
    const dataset = { datasetUploadId: fixture.api.upload(text), options: { order: 6 } };
    const id = fixture.api.enqueue("train", dataset);
    const checkpoint = join(fixture.setup.dataDirectory, "kept", id, "counts.bin");
    await expect.poll(() => existsSync(checkpoint), { timeout: 60_000, interval: 20 }).toBe(true);
    runner.kill("SIGKILL");
    await runner.exited;
    runner = fixture.setup.start();
    const { job } = await fixture.api.untilState(id, "completed", 90_000);
    const result = job.result as { resumedFromStep: number; perplexity: number; ngrams: number };
    expect(result.resumedFromStep).toBeGreaterThan(0);
    expect(existsSync(checkpoint)).toBe(false);
    const whole = (await fixture.api.untilState(fixture.api.enqueue("train", dataset), "completed", 90_000)).job.result;
    expect(whole).toMatchObject({ perplexity: result.perplexity, ngrams: result.ngrams, resumedFromStep: 0 });
  }, 240_000);
});
