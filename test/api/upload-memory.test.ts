// Uploads pass through: a large one does not grow the memory of the process that takes it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { testApi } from "./support/test-api.ts";

const api = testApi();
const MIB = 1024 * 1024;
const SIZE_BYTES = 200 * MIB;
const CHUNK = new Uint8Array(MIB).fill(120);

const isLinux = process.platform === "linux";
const peakMib = () => Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${api().pid}/status`, "utf8"))?.[1]) / 1024;

/** So many bytes that are never in one place. */
function large(before = "", after = "", sizeBytes = SIZE_BYTES): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = sizeBytes / MIB;
  const text = (value: string) => new TextEncoder().encode(value);
  return new ReadableStream({
    start: (controller) => (before ? controller.enqueue(text(before)) : undefined),
    pull(controller) {
      if (left-- > 0) return controller.enqueue(CHUNK);
      if (after) controller.enqueue(text(after));
      controller.close();
    },
  });
}

test.skipIf(!isLinux).each([
  { how: "raw", type: "application/octet-stream", body: () => large() },
  {
    how: "multipart",
    type: "multipart/form-data; boundary=b",
    body: () => large('--b\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n', "\r\n--b--\r\n"),
  },
])("200 MiB sent $how take less than half of that in memory on their way in and out", async ({ type, body }) => {
  // A heap takes some room before its first collection, whatever the size.
  await api().ask("POST", "/api/v1/uploads", { body: large("", "", 50 * MIB) });
  const before = peakMib();
  const { body: upload } = await api().ask("POST", "/api/v1/uploads", { body: body(), headers: { "content-type": type } });
  expect(upload.sizeBytes).toBe(SIZE_BYTES);
  const headers = { authorization: `Bearer ${api().adminKey}` };
  const content = await fetch(`${api().url}/api/v1/uploads/${upload.id}/content`, { headers });
  let seen = 0;
  const reader = content.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) seen += part.value.byteLength;
  expect(seen).toBe(SIZE_BYTES);
  expect(peakMib() - before).toBeLessThan(100);
});
