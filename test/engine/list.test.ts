// Listing jobs: newest first, page by page, whatever is enqueued or finishes meanwhile.
import { expect, test } from "vitest";
import { describeEngine } from "./describe-engine.ts";
import { acquireInput, jobInput, ME, problemOf } from "./engine-under-test.ts";

describeEngine("list", ({ under }) => {
  test("paging while jobs are enqueued and finish shows each of the earlier ones exactly once", async () => {
    const { engine } = under();
    const queue = "pages";
    const batch = (size: number) => engine.enqueueBatch(ME, { batch: { jobs: Array.from({ length: size }, () => jobInput({ queue })) } });
    const earlier = (await batch(60)).items.map(({ id }) => id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await engine.listJobs(ME, { queue, limit: 7, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
      // New ones come in at the front, and old ones move to the history.
      await batch(3);
      const { leases } = await engine.acquireLeases(ME, acquireInput({ queues: [queue], max: 4 }));
      await engine.settleLeases(ME, {
        runnerId: "runner-1",
        items: leases.map(({ leaseToken }) => ({ leaseToken, outcome: "completed" })),
      });
    } while (cursor);
    expect(seen).toEqual(earlier.toReversed());
  });

  test("filters choose by state, kind, tag, time and text", async () => {
    const { engine } = under();
    const queue = "filters";
    const jobs = [
      jobInput({ queue, kind: "chew", tags: ["red"], payload: { order: "A_1%" } }),
      jobInput({ queue, kind: "spin", tags: ["blue"], uniqueKey: "invoice-42" }),
      jobInput({ queue, kind: "spin", delaySeconds: 60 }),
    ];
    const [a, b, c] = (await engine.enqueueBatch(ME, { batch: { jobs } })).items.map(({ id }) => id);
    const found = async (filter: object) => (await engine.listJobs(ME, { queue, limit: 10, ...filter })).items.map(({ id }) => id);
    expect(await found({})).toEqual([c, b, a]);
    expect(await found({ state: "scheduled" })).toEqual([c]);
    expect(await found({ kind: "spin" })).toEqual([c, b]);
    expect(await found({ tag: "red" })).toEqual([a]);
    expect(await found({ q: "invoice" })).toEqual([b]);
    expect(await found({ q: "a_1%" })).toEqual([a]);
    expect(await found({ q: "a%1" })).toEqual([]);
    expect(await found({ q: b })).toEqual([b]);
    expect(await found({ createdAfter: "2100-01-01T00:00:00Z" })).toEqual([]);
    expect(await found({ createdBefore: "2100-01-01T00:00:00Z", state: "queued" })).toEqual([b, a]);
  });

  test("a cursor that is not ours is refused", async () => {
    const { engine } = under();
    for (const cursor of ["nonsense", "%%%", btoa("v1:nonsense"), btoa("v2:00000000-0000-0000-0000-000000000000")]) {
      expect(await problemOf(engine.listJobs(ME, { limit: 10, cursor }))).toBe("invalid_cursor");
    }
  });
});
