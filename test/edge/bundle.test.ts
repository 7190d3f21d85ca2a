// What Cloudflare is given: small enough to start at once.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import * as zod from "zod";
import { buildEdgeIfStale, EDGE_BUNDLE } from "../../scripts/build/build-edge.ts";

describe("The bundle for Cloudflare", () => {
  beforeAll(() => buildEdgeIfStale());

  test("is at most 400 KiB, compressed", () => {
    expect(gzipSync(readFileSync(EDGE_BUNDLE)).byteLength).toBeLessThanOrEqual(400 * 1024);
  });

  test("needs no Node", () => {
    expect(readFileSync(EDGE_BUNDLE, "utf8")).not.toMatch(/from\s*"node:|require\("node:/);
  });

  test("has all of zod but its translations", async () => {
    const lean: typeof zod = await import(new URL("../../scripts/build/zod-without-locales.mjs", import.meta.url).href);
    const named = (module: object) => Object.keys(module).filter((name) => name !== "locales");
    expect(named(lean).sort()).toEqual(named(zod).sort());
    expect(named(lean.core).sort()).toEqual(named(zod.core).sort());
    expect(readFileSync(EDGE_BUNDLE, "utf8")).not.toMatch(/Ung(ü|\\xFC)ltige/);
  });
});
