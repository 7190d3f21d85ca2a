// A completed job's result: edited, with the versions before it kept.
import { expect, test } from "vitest";
import { describeEngine } from "./describe-engine.ts";
import { enqueue, leaseOne, ME, problemOf, settle } from "./engine-under-test.ts";

describeEngine("result", ({ under }) => {
  async function completed(result: unknown): Promise<string> {
    const { engine } = under();
    const id = await enqueue(engine, { queue: "results" });
    const { leaseToken } = await leaseOne(engine, { queues: ["results"] });
    await settle(engine, leaseToken, { outcome: "completed", result });
    return id;
  }

  test("an edit becomes the job's result and keeps the version before it, with who wrote it", async () => {
    const { engine } = under();
    const id = await completed("first");
    await engine.editResult(ME, { id, result: "second" });
    const third = await engine.editResult(ME, { id, result: null });
    expect(third).toMatchObject({
      result: null,
      version: 3,
      versions: [
        { version: 2, result: "second", editedBy: "tester" },
        { version: 1, result: "first", editedBy: null },
      ],
    });
    expect((await engine.getJob(ME, { id })).result).toBeNull();
  });

  test("an edit of a version that is no longer current is refused and changes nothing", async () => {
    const { engine } = under();
    const id = await completed("first");
    await engine.editResult(ME, { id, result: "second", version: 1 });
    expect(await problemOf(engine.editResult(ME, { id, result: "lost update", version: 1 }))).toBe("conflict");
    expect(await engine.getResult(ME, { id })).toMatchObject({ result: "second", version: 2 });
  });

  test("of ten concurrent edits of one version, one wins and the others hear of the conflict", async () => {
    const { engine } = under();
    const id = await completed("first");
    const edits = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => engine.editResult(ME, { id, result: n, version: 1 })));
    expect(edits.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await engine.getResult(ME, { id })).version).toBe(2);
  });

  test("ten concurrent edits that name no version all count, one after the other", async () => {
    const { engine } = under();
    const id = await completed("first");
    await Promise.all(Array.from({ length: 10 }, (_, n) => engine.editResult(ME, { id, result: n })));
    const { version, versions } = await engine.getResult(ME, { id });
    expect(version).toBe(11);
    expect(versions.map((one) => one.version)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test("only a completed job has a result", async () => {
    const { engine } = under();
    const id = await enqueue(engine, { queue: "waiting" });
    expect(await problemOf(engine.getResult(ME, { id }))).toBe("conflict");
    expect(await problemOf(engine.editResult(ME, { id, result: 1 }))).toBe("conflict");
  });
});
