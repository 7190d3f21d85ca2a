// The path the dashboard exists for: a text goes in, a model learns it before one's eyes, and writes.
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { openLab } from "./lab.ts";
import { openPage, type Stage } from "./stage.ts";

const TRAIN_MS = 60_000;

export function trainTests(stage: () => Stage): void {
  test("before any model is trained, Generate leads to Train", async () => {
    const { page, close } = await openPage(stage(), { path: "/generate" });
    await page.getByRole("heading", { name: "No model yet" }).waitFor();
    await page.getByRole("main").getByRole("link", { name: "Train a model" }).click();
    await page.getByRole("heading", { name: "Train", level: 1 }).waitFor();
    await close();
  });

  test("a dropped text is uploaded, trained on with perplexity falling step by step, and written on from", {
    timeout: 2 * TRAIN_MS,
  }, async () => {
    const { page, close } = await openPage(stage(), { path: "/train" });
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await page.getByRole("alert").getByText("Choose a file first.").waitFor();

    await dropText(page, "river.txt", makeText(60_000));
    await page.getByText(/, stored/).waitFor();
    expect(await page.getByLabel("Name").inputValue()).toBe("river");
    await page.getByLabel("Name").fill("The river");
    await page.getByLabel("Order").fill("99");
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await expect.poll(() => page.getByLabel("Order").getAttribute("aria-invalid")).toBe("true");
    await page.getByLabel("Order").fill("3");
    await page.getByRole("button", { name: "Train", exact: true }).click();

    const chart = page.getByRole("img", { name: /Held-out perplexity/ });
    await chart.waitFor({ timeout: TRAIN_MS });
    await page.getByText(/Trained, held-out perplexity/).waitFor({ timeout: TRAIN_MS });
    const said = (await chart.getAttribute("aria-label")) ?? "";
    const [first = 0, last = 0] = [...said.matchAll(/perplexity:? ?([\d,.]+) at|, ([\d,.]+) at/g)].map((match) =>
      Number((match[1] ?? match[2])?.replaceAll(",", "")),
    );
    expect(last).toBeLessThan(first);

    await page.getByRole("link", { name: "Log and details of this job" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("region", { name: "Artifacts" }).getByRole("link").first().click();
    const path = await (await download).path();
    expect((await readFile(path)).byteLength).toBeGreaterThan(1000);

    await page.getByRole("link", { name: "Train", exact: true }).click();
    await page.getByRole("link", { name: "Generate with it: The river" }).click();
    await page.getByLabel("Beginning").fill("The river");
    await page.getByLabel("Tokens at most").fill("120");
    await page.getByLabel("Seed").fill("7");
    await page.getByRole("button", { name: "Generate", exact: true }).click();
    const text = page.getByRole("region", { name: "Generated text" });
    await text.getByText("Completed").waitFor({ timeout: TRAIN_MS });
    await text.getByText("120 tokens").waitFor();
    const written = (await text.locator("p[dir=auto]").first().textContent()) ?? "";
    expect(written.startsWith("The river")).toBe(true);
    expect(written.split(/\s+/).length).toBeGreaterThan(40);
    await close();
  });

  test("an upload under way shows how far it is and can be cancelled", async () => {
    const { page, close } = await openPage(stage(), { path: "/train" });
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 400_000,
    });
    await dropText(page, "slow.txt", makeText(400_000));
    const bar = page.getByRole("progressbar", { name: "Upload of slow.txt" });
    await expect.poll(async () => Number(await bar.getAttribute("aria-valuenow"))).toBeGreaterThan(0);
    await page.getByRole("button", { name: "Cancel upload" }).click();
    await page.getByRole("button", { name: "Choose a file" }).waitFor();
    await close();
  });

  test("text appears while it is being written, and stopping it cancels the job", async () => {
    const lab = await openLab(stage(), "writing");
    // The test is the runner here, so that "while" lasts as long as it takes to look.
    const job = await lab.enqueue({
      kind: "generate",
      payload: { modelId: "upl_01kaj7zqv5fd8tqb5x1v2m3n4p", prompt: "Once", maxTokens: 50 },
    });
    const { page, close } = await openPage(stage(), { path: `/generate?model=upl_01kaj7zqv5fd8tqb5x1v2m3n4p&job=${job.id}` });
    const work = await lab.take();
    const section = page.getByRole("region", { name: "Generated text" });
    const token = (text: string): ["event", string] => ["event", JSON.stringify({ type: "token", text })];
    await work.beat({ lines: [token(" upon"), token(" a")] });
    await section.getByText("Once upon a").waitFor();
    await work.beat({ lines: [token(" time"), ["stderr", "not a token"]] });
    await section.getByText("Once upon a time", { exact: true }).waitFor();
    await section.getByText("3 words so far").waitFor();
    await page.reload();
    await section.getByText("Once upon a time", { exact: true }).waitFor();

    await section.getByRole("button", { name: "Stop" }).click();
    await section.getByText("Cancelling").waitFor();
    expect((await work.beat({})).cancelled).toHaveLength(1);
    await work.fail({ code: "cancelled", message: "stopped", retryable: false });
    await section.getByText("Cancelled").waitFor();
    await section.getByText("Once upon a time", { exact: true }).waitFor();
    await close();
  });
}

/** A made-up language with some order in it, the same in every run: the more of it is read, the better it is guessed. */
function makeText(words: number): string {
  let seed = 20_240_229;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const syllables = ["ri", "ver", "mil", "ler", "wa", "ter", "sto", "ne", "whe", "el", "va", "ley"];
  const vocabulary = Array.from({ length: 800 }, (_, index) => `${syllables[index % 12]}${syllables[(index * 7) % 11]}${index}`);
  let word = 0;
  const text: string[] = ["The river"];
  for (let count = 0; count < words; count += 1) {
    // Each word has eight likely successors.
    word = random(10) < 8 ? (word * 31 + random(8) * 97) % vocabulary.length : random(vocabulary.length);
    text.push((vocabulary[word] ?? "") + (random(12) === 0 ? "." : ""));
  }
  return text.join(" ");
}

async function dropText(page: Page, name: string, text: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([fileName, content]) => {
      const data = new DataTransfer();
      data.items.add(new File([content ?? ""], fileName ?? "", { type: "text/plain" }));
      return data;
    },
    [name, text],
  );
  await page.getByTestId("drop-zone").dispatchEvent("drop", { dataTransfer: transfer });
}
