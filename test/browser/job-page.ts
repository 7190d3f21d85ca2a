// Tests of the page of one job.
import { expect, test } from "vitest";
import { openLab } from "./lab.ts";
import { openPage, type Stage } from "./stage.ts";

export function jobPageTests(stage: () => Stage): void {
  test("progress and log arrive as the runner sends them; events stay out of sight until asked for", async () => {
    const lab = await openLab(stage(), "log");
    const job = await lab.enqueue();
    const { page, close } = await openPage(stage(), { path: `/jobs/${job.id}` });
    await page.getByText("Nothing yet. Lines appear here").waitFor();

    const work = await lab.take();
    await work.beat({ lines: [["stdout", "opening the sluice"]] });
    const log = page.getByRole("region", { name: "Log lines" });
    await log.getByText("opening the sluice").waitFor();
    await work.beat({
      fraction: 0.25,
      message: "a quarter",
      lines: [
        ["stderr", "the gate creaks"],
        ["event", '{"type":"note","text":"quiet"}'],
      ],
    });
    await log.getByText("the gate creaks").waitFor();
    await page.getByText("a quarter").waitFor();
    expect(await page.getByRole("progressbar", { name: "Progress" }).getAttribute("aria-valuenow")).toBe("25");
    expect(await log.getByText("quiet").count()).toBe(0);

    await page.getByRole("checkbox", { name: "Events" }).check();
    await log.getByText("quiet").waitFor();
    await page.getByRole("checkbox", { name: "Output" }).uncheck();
    await expect.poll(() => log.getByText("opening the sluice").count()).toBe(0);
    await page.getByRole("searchbox", { name: "Search the log" }).fill("CREAKS");
    await log.locator("mark", { hasText: "creaks" }).waitFor();
    await expect.poll(() => log.getByText("quiet").count()).toBe(0);
    await work.complete({ done: true });
    await page.getByText("Completed").first().waitFor();
    await close();
  });

  test("the log follows its end until the reader scrolls up, and again once asked to", async () => {
    const lab = await openLab(stage(), "follow");
    const job = await lab.enqueue();
    const work = await lab.take();
    const lines = (from: number, count: number) =>
      Array.from({ length: count }, (_, index): ["stdout", string] => ["stdout", `line ${from + index}`]);
    await work.beat({ lines: lines(1, 700) });
    const { page, close } = await openPage(stage(), { path: `/jobs/${job.id}` });
    const log = page.getByRole("region", { name: "Log lines" });
    const distanceToEnd = () => log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
    await log.getByText("line 700", { exact: true }).waitFor();
    await expect.poll(distanceToEnd).toBeLessThan(32);

    await work.beat({ lines: lines(701, 50) });
    await log.getByText("line 750", { exact: true }).waitFor();
    await expect.poll(distanceToEnd).toBeLessThan(32);

    await log.focus();
    await page.keyboard.press("PageUp");
    await page.getByRole("button", { name: "Follow" }).waitFor();
    await work.beat({ lines: lines(751, 50) });
    await log.getByText("line 800", { exact: true }).waitFor({ state: "attached" });
    expect(await distanceToEnd()).toBeGreaterThan(200);
    await page.getByRole("button", { name: "Follow" }).click();
    await expect.poll(distanceToEnd).toBeLessThan(32);
    await work.complete(null);
    await close();
  });

  test("a failed job says why, down to the last lines of stderr, and can be retried", async () => {
    const lab = await openLab(stage(), "failure");
    const job = await lab.enqueue({ maxAttempts: 1 });
    const { page, close } = await openPage(stage(), { path: `/jobs/${job.id}` });
    const work = await lab.take();
    await work.fail({
      code: "executor_crash",
      message: "the wheel broke",
      retryable: true,
      details: { exitCode: 70, stderrTail: ["axle", "snapped"] },
    });
    const panel = page.getByRole("region", { name: "Error", exact: true });
    await panel.getByText("the wheel broke").waitFor();
    expect(await panel.getByRole("region", { name: "Last error output" }).textContent()).toBe("axle\nsnapped");
    expect(await panel.textContent()).toContain("70");
    await page.getByRole("list").getByText("#1").waitFor();

    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByText("Queued").first().waitFor();
    const again = await lab.take();
    expect(again.job.id).toBe(job.id);
    await page.getByText("Running").first().waitFor();
    await again.complete({ repaired: true });
    await page.getByRole("region", { name: "Result" }).getByText("repaired").waitFor();
    await page.getByText("#2").waitFor();
    await close();
  });

  test("cancelling asks first; the runner then hears of it and the page shows both steps", async () => {
    const lab = await openLab(stage(), "cancel");
    const job = await lab.enqueue();
    const { page, close } = await openPage(stage(), { path: `/jobs/${job.id}` });
    const work = await lab.take();
    await page.getByText("Running").first().waitFor();
    await page.getByRole("button", { name: "Cancel job" }).click();
    const dialog = page.getByRole("dialog", { name: "Cancel this job?" });
    await dialog.getByRole("button", { name: "Keep it" }).click();
    await expect.poll(() => dialog.count()).toBe(0);
    expect((await stage().client.jobs.get(job.id as never)).cancelRequestedAt).toBeNull();

    await page.getByRole("button", { name: "Cancel job" }).click();
    await dialog.getByRole("button", { name: "Cancel job" }).click();
    await page.getByText("Cancelling").first().waitFor();
    const answer = await work.beat({});
    expect(answer.cancelled).toHaveLength(1);
    await work.fail({ code: "cancelled", message: "stopped", retryable: false });
    await page.getByText("Cancelled").first().waitFor();
    await page.getByRole("button", { name: "Retry" }).waitFor();
    await close();
  });

  test("a waiting job says why, and leads to the queue that holds it", async () => {
    const lab = await openLab(stage(), "explain");
    await stage().client.queues.pause(lab.queue);
    const job = await lab.enqueue();
    const { page, close } = await openPage(stage(), { path: `/jobs/${job.id}` });
    const why = page.getByRole("region", { name: "Why it waits" });
    await why.getByText(/paused/).waitFor();
    await why.getByRole("link", { name: "Go to the queue" }).click();
    await page.getByRole("button", { name: `Resume ${lab.queue}` }).click();
    await page.getByRole("button", { name: `Pause ${lab.queue}` }).waitFor();
    await (await lab.take()).complete(null);
    await close();
  });

  test("a scheduled job can run now", async () => {
    const lab = await openLab(stage(), "promote");
    const job = await lab.enqueue({ delaySeconds: 3600 });
    const { page, close } = await openPage(stage(), { path: `/jobs/${job.id}` });
    await page.getByText("Scheduled").first().waitFor();
    await page.getByRole("button", { name: "Run now" }).click();
    await page.getByText("Queued").first().waitFor();
    await (await lab.take()).complete(null);
    await page.getByText("Completed").first().waitFor();
    await close();
  });

  test("a result can be corrected; what it was stays readable, and an edit in between is not overwritten", async () => {
    const lab = await openLab(stage(), "result");
    const job = await lab.enqueue();
    await (await lab.take()).complete({ answer: 41 });
    const { page, close } = await openPage(stage(), { path: `/jobs/${job.id}` });
    const result = page.getByRole("region", { name: "Result" });
    await result.getByRole("button", { name: "Edit" }).click();
    const dialog = page.getByRole("dialog", { name: "Edit the result" });
    await dialog.getByRole("textbox", { name: "JSON" }).fill("{ not json");
    await dialog.getByRole("button", { name: "Save result" }).click();
    await dialog.getByText(/This is not JSON/).waitFor();
    await dialog.getByRole("textbox", { name: "JSON" }).fill('{"answer": 42}');
    await dialog.getByRole("button", { name: "Save result" }).click();
    await result.getByText("42").waitFor();
    await result.getByText("1 earlier version").click();
    await result.getByText("41").waitFor();

    await result.getByRole("button", { name: "Edit" }).click();
    await stage().client.jobs.editResult(job.id as never, { result: { answer: 43 } });
    await dialog.getByRole("textbox", { name: "JSON" }).fill('{"answer": 44}');
    await dialog.getByRole("button", { name: "Save result" }).click();
    await dialog
      .getByRole("alert")
      .getByText(/version/)
      .waitFor();
    await close();
  });

  test("an unknown job is said to be unknown, not broken", async () => {
    const { page, close } = await openPage(stage(), { path: "/jobs/job_01kaj7zqv5fd8tqb5x1v2m3n4p" });
    await page.getByText("There is no job with this id.").waitFor();
    await close();
  });
}
