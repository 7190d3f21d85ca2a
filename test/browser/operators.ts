// Tests of what operators do: pausing queues, changing their policy, draining runners, logging in and out.
import { expect, test } from "vitest";
import { openLab } from "./lab.ts";
import { openPage, type Stage } from "./stage.ts";

export function operatorTests(stage: () => Stage): void {
  test("a paused queue lets no job out until it is resumed", async () => {
    const lab = await openLab(stage(), "pause");
    const { page, close } = await openPage(stage(), { path: "/queues" });
    await page.getByRole("button", { name: `Pause ${lab.queue}` }).click();
    const card = page.getByRole("article", { name: lab.queue });
    await card.getByText("Paused").waitFor();
    await lab.enqueue();
    await card.getByRole("link", { name: "Queued 1" }).waitFor();
    const { leases } = await stage().client.leases.acquire({ runnerId: lab.runnerId, queues: [lab.queue] });
    expect(leases).toHaveLength(0);
    await page.getByRole("button", { name: `Resume ${lab.queue}` }).click();
    const work = await lab.take();
    await card.getByRole("link", { name: "Running 1" }).waitFor();
    await work.complete(null);
    await card.getByRole("link", { name: "Completed 1" }).waitFor();
    await close();
  });

  test("a queue's policy is checked by the server, and every complaint stands at its field", async () => {
    const lab = await openLab(stage(), "policy");
    const { page, close } = await openPage(stage(), { path: "/queues" });
    await page.getByRole("button", { name: `Settings of ${lab.queue}` }).click();
    const dialog = page.getByRole("dialog", { name: `Settings of ${lab.queue}` });
    await dialog.getByLabel("Running jobs at most").fill("0");
    await dialog.getByLabel("Attempts").fill("500");
    await dialog.getByRole("button", { name: "Save settings" }).click();
    for (const label of ["Running jobs at most", "Attempts"]) {
      const field = dialog.getByLabel(label);
      await expect.poll(() => field.getAttribute("aria-invalid")).toBe("true");
      const described = await field.evaluate((element) =>
        (element.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? ""),
      );
      expect(described.join(" ")).toMatch(/Too (small|big)/);
    }
    await dialog.getByLabel("Running jobs at most").fill("3");
    await dialog.getByLabel("Attempts").fill("5");
    await dialog.getByRole("button", { name: "Save settings" }).click();
    await expect.poll(() => dialog.count()).toBe(0);
    const saved = await stage().client.queues.get(lab.queue);
    expect([saved.concurrency, saved.defaults.maxAttempts]).toEqual([3, 5]);
    await close();
  });

  test("a runner is listed once it has called, and can be drained", async () => {
    const lab = await openLab(stage(), "drain");
    await lab.enqueue();
    const work = await lab.take();
    const { page, close } = await openPage(stage(), { path: "/runners" });
    const card = page.getByRole("article", { name: lab.runnerId });
    await card.getByText("Online").waitFor();
    await card.getByRole("button", { name: "Drain" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Drain runner" }).click();
    await card.getByText("Draining").waitFor();
    expect((await work.beat({})).drain).toBe(true);
    await work.complete(null);
    await close();
  });

  test("the link of the first start logs in and leaves no key behind", async () => {
    const { page, close } = await openPage(stage(), { isLoggedIn: false, path: `/queues#key=${stage().key}` });
    await page.getByRole("heading", { name: "Queues", level: 1 }).waitFor();
    expect(page.url()).toBe(`${stage().url}/queues`);
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, window.history.state]),
    );
    expect(kept).not.toContain(stage().key);
    await page.reload();
    await page.getByRole("heading", { name: "Queues", level: 1 }).waitFor();
    await close();
  });

  test("a wrong key is refused in words", async () => {
    const { page, close } = await openPage(stage(), { isLoggedIn: false });
    await page.getByLabel("API key").fill("mr_wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").getByText("unknown or was revoked").waitFor();
    await close();
  });

  test("a session that ended shows the login, and logging in leads back to the same place", async () => {
    const lab = await openLab(stage(), "session");
    const { page, close } = await openPage(stage(), { path: "/jobs?state=failed" });
    await page.getByRole("status").filter({ hasText: "Live" }).first().waitFor();
    await page.context().clearCookies();
    // The open stream still tells of it, and counting anew is refused.
    await lab.enqueue();
    await page.getByLabel("API key").fill(stage().key);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
    expect(new URL(page.url()).search).toBe("?state=failed");

    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("API key").waitFor();
    await page.reload();
    await page.getByLabel("API key").waitFor();
    await close();
  });

  test("the live stream's state is told, and what was missed is there after it comes back", async () => {
    const lab = await openLab(stage(), "offline");
    const job = await lab.enqueue();
    const { page, close } = await openPage(stage(), { path: `/jobs?queue=${lab.queue}` });
    const status = page.getByRole("status").filter({ hasText: /Live|Reconnecting|Connecting/ });
    await status.filter({ hasText: "Live" }).first().waitFor();
    await page.context().setOffline(true);
    // Going offline leaves open connections alone, so this one is cut by asking for another page.
    await page.getByRole("link", { name: new RegExp(job.id.slice(-6)) }).click();
    await status
      .filter({ hasText: /Reconnecting|Connecting/ })
      .first()
      .waitFor();
    await (await lab.take()).complete({ seen: "later" });
    await page.context().setOffline(false);
    await status.filter({ hasText: "Live" }).first().waitFor({ timeout: 20_000 });
    await page.getByText("Completed").first().waitFor({ timeout: 20_000 });
    await close();
  });
}
