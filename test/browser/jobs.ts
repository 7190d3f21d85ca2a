// Tests of the list of jobs.
import { expect, test } from "vitest";
import { openLab } from "./lab.ts";
import { openPage, type Stage } from "./stage.ts";

const rows = "main tbody tr";

export function jobsTests(stage: () => Stage): void {
  test("while there is no job, the list says how to put the first one in, and shows it as soon as it is there", async () => {
    const { page, close } = await openPage(stage());
    await page.getByRole("heading", { name: "No jobs yet" }).waitFor();
    expect(await page.getByRole("region", { name: "Command" }).textContent()).toContain(`curl ${stage().url}/api/v1/jobs`);
    const lab = await openLab(stage(), "first");
    await lab.enqueue();
    await page.getByRole("button", { name: "1 new job" }).click();
    await page.getByRole("row", { name: /Queued.*experiment/ }).waitFor();
    await close();
  });

  test("rows change in place, and new jobs wait behind a button instead of shifting the list", async () => {
    const lab = await openLab(stage(), "live");
    const first = await lab.enqueue();
    const { page, close } = await openPage(stage(), { path: `/jobs?queue=${lab.queue}` });
    const row = page.locator(rows).filter({ hasText: first.id.slice(-6) });
    await row.getByText("Queued").waitFor();

    const work = await lab.take();
    await row.getByText("Running").waitFor();
    await work.beat({ fraction: 0.5, message: "half the way" });
    await row.getByText("half the way").waitFor();
    expect(await row.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("50");

    const second = await lab.enqueue();
    await page.getByRole("button", { name: "1 new job" }).waitFor();
    expect(await page.locator(rows).count()).toBe(1);
    await page.getByRole("button", { name: "1 new job" }).click();
    await page
      .locator(rows)
      .filter({ hasText: second.id.slice(-6) })
      .waitFor();
    expect(await page.locator(rows).count()).toBe(2);

    await work.complete({ ok: true });
    await row.getByText("Completed").waitFor();
    await close();
  });

  test("a job that comes into the state filtered for is offered too", async () => {
    const lab = await openLab(stage(), "arrivals");
    await lab.enqueue();
    const { page, close } = await openPage(stage(), { path: `/jobs?queue=${lab.queue}&state=completed` });
    await page.getByRole("heading", { name: "No job matches" }).waitFor();
    await (await lab.take()).complete(null);
    await page.getByRole("button", { name: "1 new job" }).click();
    await page.locator(rows).getByText("Completed").waitFor();
    await close();
  });

  test("filters stand in the address, so that a reload and the Back button keep them", async () => {
    const lab = await openLab(stage(), "filters");
    await lab.enqueue({ kind: "red", tags: ["warm"] });
    await lab.enqueue({ kind: "blue" });
    const { page, close } = await openPage(stage(), { path: `/jobs?queue=${lab.queue}` });
    await expect.poll(() => page.locator(rows).count()).toBe(2);

    await page.getByRole("searchbox", { name: "Kind" }).fill("red");
    await expect.poll(() => page.locator(rows).count()).toBe(1);
    expect(new URL(page.url()).search).toBe(`?queue=${lab.queue}&kind=red`);
    await page.reload();
    await expect.poll(() => page.locator(rows).count()).toBe(1);
    expect(await page.getByRole("searchbox", { name: "Kind" }).inputValue()).toBe("red");

    await page.getByRole("link", { name: /Failed/ }).click();
    await page.getByRole("heading", { name: "No job matches" }).waitFor();
    await page.goBack();
    await expect.poll(() => page.locator(rows).count()).toBe(1);

    await page.getByRole("button", { name: "Clear" }).click();
    await expect.poll(() => new URL(page.url()).search).toBe("");
    expect(await page.getByRole("searchbox", { name: "Kind" }).inputValue()).toBe("");
    await page.getByRole("searchbox", { name: "Tag" }).fill("warm");
    await expect.poll(() => page.locator(rows).count()).toBe(1);
    await close();
  });

  test("more jobs than a page holds are loaded on demand", async () => {
    const lab = await openLab(stage(), "pages");
    await stage().client.jobs.enqueueBatch({ jobs: Array.from({ length: 60 }, () => ({ kind: "many", queue: lab.queue })) });
    const { page, close } = await openPage(stage(), { path: `/jobs?queue=${lab.queue}` });
    await expect.poll(() => page.locator(rows).count()).toBe(50);
    await page.getByRole("button", { name: "Load more" }).click();
    await expect.poll(() => page.locator(rows).count()).toBe(60);
    expect(await page.getByRole("button", { name: "Load more" }).count()).toBe(0);
    await close();
  });

  test("what goes wrong is said in the problem's own words, with the request's id and a way to try again", async () => {
    const { page, close } = await openPage(stage(), { path: "/queues" });
    await page.getByRole("heading", { name: "Queues", level: 1 }).waitFor();
    const problem = {
      type: "/api/docs#problem-unavailable",
      title: "A part we need is away",
      status: 503,
      detail: "Postgres does not answer.",
      instance: "/api/v1/jobs",
      code: "unavailable",
      requestId: "req_test",
    };
    await page.route("**/api/v1/jobs?*", (route) =>
      route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(problem) }),
    );
    await page.getByRole("link", { name: "Jobs" }).click();
    const alert = page.getByRole("alert").filter({ hasText: "Postgres does not answer." });
    await alert.waitFor({ timeout: 15_000 });
    expect(await alert.textContent()).toContain("req_test");
    await page.unroute("**/api/v1/jobs?*");
    await alert.getByRole("button", { name: "Try again" }).click();
    await page.locator(rows).first().waitFor();
    await close();
  });
}
