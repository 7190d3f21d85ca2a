// What every blob store must do, against the real one: a directory behind workerd's disk service.
import { readdirSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorkerd, type TestWorkerd } from "./support/start-workerd.ts";

let workerd: TestWorkerd;
beforeAll(async () => {
  workerd = await startWorkerd();
});
afterAll(() => workerd.stop());

const at = (verb: string, query: Record<string, string | number>) =>
  `${workerd.url}/${verb}?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))}`;
const put = (key: string, body: string, length?: number) =>
  fetch(at("put", { key, ...(length === undefined ? {} : { length }) }), { method: "POST", body });
const get = (key: string, range: { offset?: number; length?: number } = {}) => fetch(at("get", { key, ...range }));

describe("the disk blob store", () => {
  test("gives back what was put, and the newer of two", async () => {
    expect((await put("1/a", "first")).status).toBe(200);
    expect((await put("1/a", "second", 6)).status).toBe(200);
    expect(await (await get("1/a")).text()).toBe("second");
  });

  test("gives a part of it, and an empty part, and an empty file", async () => {
    await put("1/range", "0123456789");
    await put("1/empty", "");
    expect(await (await get("1/range", { offset: 3, length: 4 })).text()).toBe("3456");
    expect(await (await get("1/range", { offset: 9, length: 1 })).text()).toBe("9");
    expect(await (await get("1/range", { offset: 3, length: 0 })).text()).toBe("");
    expect(await (await get("1/empty")).text()).toBe("");
  });

  test("knows no key that was not put or was deleted, and deletes what is not there", async () => {
    await put("1/gone", "x");
    expect((await fetch(at("delete", { key: "1/gone" }))).status).toBe(200);
    expect((await fetch(at("delete", { key: "1/gone" }))).status).toBe(200);
    expect((await get("1/gone")).status).toBe(404);
    expect((await get("1/never")).status).toBe(404);
  });

  test("leaves nothing readable of a body that fails in the middle", async () => {
    expect((await fetch(at("put-broken", { key: "1/broken", bytes: 3_000_000 }))).status).toBe(500);
    expect((await get("1/broken")).status).toBe(404);
  });

  test.each([
    ["shorter", 11],
    ["longer", 9],
  ])("refuses a body that is %s than its announced length", async (_, length) => {
    expect((await put("1/wrong", "0123456789", length)).status).toBe(500);
    expect((await get("1/wrong")).status).toBe(404);
  });

  test("leaves nothing behind of an upload whose sender goes away", async () => {
    const upload = httpRequest(at("put", { key: "1/aborted" }), { method: "POST", headers: { "content-length": 10_000_000 } });
    upload.on("error", () => {});
    upload.write(Buffer.alloc(1_000_000));
    await sleep(100);
    upload.destroy();
    await expect
      .poll(() => readdirSync(workerd.blobsDirectory, { recursive: true }).filter((name) => String(name).includes("aborted")))
      .toEqual([]);
    expect((await get("1/aborted")).status).toBe(404);
  });

  test.each(["../outside", "/etc/passwd", "1/../../outside", ".hidden", "1/.hidden", "1//a", "", "1/", "1/a?b", "1/%2e%2e/x"])(
    "refuses the key '%s'",
    async (key) => {
      for (const response of [await put(key, "x"), await get(key), await fetch(at("delete", { key }))]) {
        expect(response.status).toBe(500);
        expect(await response.text()).toContain("is not a blob key");
      }
    },
  );

  test("says that it can be used", async () => {
    expect((await fetch(at("check", {}))).status).toBe(200);
  });

  test("holds a large file in flat memory", async () => {
    const size = 256 * 1024 * 1024;
    const chunk = new Uint8Array(1024 * 1024).fill(7);
    let left = size;
    const body = new ReadableStream({
      pull(controller) {
        if (left <= 0) return controller.close();
        left -= chunk.byteLength;
        controller.enqueue(chunk);
      },
    });
    const stored = await fetch(at("put", { key: "1/large", length: size }), { method: "POST", body, duplex: "half" } as RequestInit);
    expect(stored.status).toBe(200);
    let received = 0;
    const reader = (await get("1/large")).body?.getReader();
    for (let part = await reader?.read(); part?.value; part = await reader?.read()) received += part.value.byteLength;
    expect(received).toBe(size);
    if (process.platform === "linux") expect(peakMebibytes(workerd.process.pid)).toBeLessThan(512);
  });
});

function peakMebibytes(pid: number | undefined): number {
  const status = process.getBuiltinModule("node:fs").readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}
