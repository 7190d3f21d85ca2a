// One visit of the queue consumers, as the edge has them: it ends by itself, and hands over what it cannot do.
import { expect, test } from "vitest";
import { consumeOnce, type VisitOptions } from "../../src/queue-consumers/consume-once.ts";
import { describeEngine } from "../engine/describe-engine.ts";
import { enqueue } from "../engine/engine-under-test.ts";

describeEngine("A visit of the queue consumers", ({ under }) => {
  const enqueueHttp = (count: number) =>
    Promise.all(Array.from({ length: count }, () => enqueue(under().engine, { queue: "calls", kind: "http" })));

  async function visit(options: Partial<VisitOptions> & { work?: () => Promise<void> } = {}) {
    let handovers = 0;
    const { work = async () => {}, ...rest } = options;
    const ran = await consumeOnce(under().ports, {
      handlers: new Map([["http", async () => work().then(() => ({ outcome: "completed" as const, result: null }))]]),
      outbound: { fetch: () => Promise.reject(new Error("nobody calls")) },
      concurrency: 2,
      budgetMilliseconds: 10_000,
      maxAttempts: 100,
      handOver: () => {
        handovers += 1;
      },
      ...rest,
    });
    return { ran, handovers };
  }

  test("runs all there is, then ends", async () => {
    await enqueueHttp(5);
    expect(await visit()).toEqual({ ran: 5, handovers: 0 });
    expect(await visit()).toEqual({ ran: 0, handovers: 0 });
  });

  test("hands over after its number of attempts", async () => {
    await enqueueHttp(5);
    expect(await visit({ maxAttempts: 4 })).toEqual({ ran: 4, handovers: 1 });
    expect(await visit()).toEqual({ ran: 1, handovers: 0 });
  });

  test("hands over when its time is over, at once, and finishes what runs", async () => {
    await enqueueHttp(3);
    const order: string[] = [];
    let finish = () => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const visiting = visit({
      budgetMilliseconds: 1,
      work: async () => {
        await held;
        order.push("finished");
      },
      handOver: () => {
        order.push("handed over");
        finish();
      },
    });
    expect(await visiting).toMatchObject({ ran: 2 });
    expect(order).toEqual(["handed over", "finished", "finished"]);
    expect(await visit()).toMatchObject({ ran: 1 });
  });
});
