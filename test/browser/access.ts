// Tests of what must hold for everybody: keyboard alone, narrow screens, dark mode, screen readers' rules.
import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { openLab } from "./lab.ts";
import { openPage, type Stage } from "./stage.ts";

const NARROW = { width: 360, height: 740 };

export function accessTests(stage: () => Stage): void {
  test("the keyboard alone logs in, skips to the content, opens a job and cancels it", async () => {
    const lab = await openLab(stage(), "keys");
    const job = await lab.enqueue();
    const { page, close } = await openPage(stage(), { isLoggedIn: false, path: `/jobs?queue=${lab.queue}` });
    await page.getByLabel("API key").waitFor();
    await page.keyboard.type(stage().key);
    await page.keyboard.press("Enter");
    await page.locator("main tbody tr").waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");

    await page.reload();
    await page.locator("main tbody tr").waitFor();
    await page.keyboard.press("Tab");
    expect(await focusedText(page)).toBe("Skip to content");
    await page.keyboard.press("Enter");
    await tabTo(page, new RegExp(job.id.slice(-6)));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "experiment", level: 1 }).waitFor();

    await tabTo(page, /^Cancel job$/);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
    expect(await focusedText(page)).toBe("Cancel job");
    await page.keyboard.press("Enter");
    await tabTo(page, /^Cancel job$/);
    await page.keyboard.press("Enter");
    await page.getByText("Cancelled").first().waitFor();
    await close();
  });

  test("no page scrolls sideways at 360 px", async () => {
    for (const path of await everyPage(stage())) {
      const { page, close } = await openPage(stage(), { ...NARROW, path });
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.locator("main [aria-busy=true]").first().waitFor({ state: "detached" });
      const overflow = await page.evaluate(() => {
        const width = document.documentElement.clientWidth;
        const wide = [...document.querySelectorAll("body *")].filter(
          (element) => element.getBoundingClientRect().right > width + 1 && !element.closest("nav, svg, .sr-only, [class*=overflow]"),
        );
        return { scrolls: document.documentElement.scrollWidth > width, wide: wide.map((element) => element.outerHTML.slice(0, 120)) };
      });
      expect(overflow, path).toEqual({ scrolls: false, wide: [] });
      await close();
    }
  });

  test("the theme follows the system until it is chosen, and the choice lasts", async () => {
    const { page, close } = await openPage(stage(), { colorScheme: "dark" });
    await page.getByRole("heading", { level: 1 }).waitFor();
    const lightness = () =>
      page.evaluate(() => {
        const canvas = document.createElement("canvas").getContext("2d");
        if (!canvas) return -1;
        canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
        canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data[1] ?? -1;
      });
    expect(await lightness()).toBeLessThan(60);
    await page.getByRole("radio", { name: "Light" }).check();
    expect(await lightness()).toBeGreaterThan(200);
    await page.reload();
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect(await lightness()).toBeGreaterThan(200);
    await close();
  });

  test("nothing moves for who asked for less motion", async () => {
    const { page, close } = await openPage(stage(), { reducedMotion: "reduce", path: "/queues" });
    await page.getByRole("article").first().waitFor();
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    await close();
  });

  test("pages, dialogs and the login break none of axe's WCAG rules, light and dark", { timeout: 120_000 }, async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const path of await everyPage(stage())) {
        const { page, close } = await openPage(stage(), { colorScheme, path, reducedMotion: "reduce" });
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.locator("main [aria-busy=true]").first().waitFor({ state: "detached" });
        expect(await violations(page, colorScheme), `${colorScheme} ${path}`).toEqual([]);
        if (path === "/queues") {
          await page
            .getByRole("button", { name: /^Settings of/ })
            .first()
            .click();
          expect(await violations(page, colorScheme), `${colorScheme} dialog`).toEqual([]);
        }
        await close();
      }
      const login = await openPage(stage(), { colorScheme, isLoggedIn: false });
      await login.page.getByLabel("API key").waitFor();
      expect(await violations(login.page, colorScheme), `${colorScheme} login`).toEqual([]);
      await login.close();
    }
  });

  test("user text of any script finds its own direction", async () => {
    const lab = await openLab(stage(), "bidi");
    await lab.enqueue({ tags: ["שלום"] });
    const work = await lab.take();
    await work.beat({ fraction: 0.5, message: "نصف الطريق 50" });
    const { page, close } = await openPage(stage(), { path: `/jobs/${work.job.id}` });
    const message = page.getByText("نصف الطريق 50");
    await message.waitFor();
    expect(await message.evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
    await work.complete(null);
    await close();
  });
}

/** Every kind of page, with something on it. */
async function everyPage({ client }: Stage): Promise<string[]> {
  const newest = async (query: object) => (await client.jobs.list({ limit: 1, ...query })).items.map((job) => `/jobs/${job.id}`);
  const jobs = await Promise.all([newest({ kind: "train", state: "completed" }), newest({ state: "failed" }), newest({ state: "queued" })]);
  return ["/jobs", "/jobs?state=failed&q=nothing-like-it", ...jobs.flat(), "/queues", "/runners", "/train", "/generate", "/nowhere"];
}

/** All rules once; in the dark only colours differ. */
async function violations(page: Page, colorScheme: "light" | "dark"): Promise<string[]> {
  await page.evaluate(axe.source);
  const runOnly = colorScheme === "dark" ? ["cat.color"] : ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  return page.evaluate(async (tags) => {
    const { axe } = window as unknown as {
      axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> };
    };
    const { violations: found } = await axe.run({ runOnly: tags });
    return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(" | ")}`);
  }, runOnly);
}

function focusedText(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
}

async function tabTo(page: Page, text: RegExp): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    if (text.test(await focusedText(page))) return;
  }
  throw new Error(`60 presses of Tab did not reach ${text}.`);
}
