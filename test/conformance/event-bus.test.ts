// Every event bus against the same suite, and what only the one in memory and the one over Redis can be asked.
import { Redis } from "ioredis";
import { describe, expect, inject, test } from "vitest";
import { createMemoryEventBus } from "../../src/adapters/memory/event-bus.ts";
import { compareEventIds } from "../../src/adapters/memory/event-ring.ts";
import { createRedisEventBus } from "../../src/adapters/selfhost/event-bus.ts";
import { delivered, describeEventBus, draft, newWorkspace, record } from "./suites/event-bus-suite.ts";
import { recordErrors, redisConnections, untilReady } from "./support/redis-connection.ts";

describeEventBus("memory", {
  async make() {
    const { errors, logger } = recordErrors();
    return { bus: createMemoryEventBus({ clock: { now: () => Date.now() }, logger }), errors };
  },
});

describe("the memory event bus", () => {
  const make = ({ now = () => Date.now(), ...bounds }: { now?: () => number; capacity?: number; capacityBytes?: number }) =>
    createMemoryEventBus({ clock: { now }, logger: recordErrors().logger, ...bounds });

  test("gives ids that only grow, though the clock goes back", async () => {
    const times = [2_000, 2_000, 1_500, 1_500, 2_001];
    const bus = make({ now: () => times.shift() ?? 2_001 });
    const { events } = record(bus, { workspaceId: 1 });
    for (let n = 0; n < 5; n++) await bus.publish([draft(1)]);
    expect(events.map((event) => event.id)).toEqual(["2000-0", "2000-1", "2000-2", "2000-3", "2001-0"]);
  });

  test("started later gives greater ids", async () => {
    const [before, after] = [make({ now: () => 5_000 }), make({ now: () => 5_001 })];
    const [a, b] = [record(before, { workspaceId: 1 }), record(after, { workspaceId: 1 })];
    await before.publish([draft(1), draft(1)]);
    await after.publish([draft(1)]);
    expect(compareEventIds(a.events.at(-1)?.id ?? "", b.events[0]?.id ?? "")).toBeLessThan(0);
  });

  test("keeps the newest events within its bounds of number and size", async () => {
    const few = make({ capacity: 3 });
    for (let n = 0; n < 10; n++) await few.publish([draft(1, { data: { n } })]);
    expect(record(few, { workspaceId: 1 }, "0-0").numbers()).toEqual([7, 8, 9]);

    const small = make({ capacityBytes: 50_000 });
    for (let n = 0; n < 10; n++) await small.publish([draft(1, { data: { n, logs: [{ line: "x".repeat(10_000) }] } })]);
    expect(record(small, { workspaceId: 1 }, "0-0").numbers()).toEqual([8, 9]);
  });
});

const redisUrl = inject("redisUrl");

describe.skipIf(redisUrl === null)("over Redis", () => {
  const connect = redisConnections();
  async function make(options: { keptEvents?: number } = {}) {
    const { errors, logger } = recordErrors();
    const redis = connect(logger);
    const bus = createRedisEventBus({ redis, clock: { now: () => Date.now() }, logger, ...options });
    await untilReady(redis);
    return { bus, errors, redis };
  }

  describeEventBus("Redis", { make });

  test("two buses see each other's events, and both in the same order", async () => {
    const [{ bus: one }, { bus: two }] = [await make(), await make()];
    const workspaceId = newWorkspace();
    const [a, b] = [record(one, { workspaceId }), record(two, { workspaceId })];
    const publishes = Array.from({ length: 300 }, (_, n) =>
      (n % 2 ? one : two).publish([draft(workspaceId, { data: { n } }), draft(workspaceId, { data: { n: n + 0.5 } })]),
    );
    await Promise.all(publishes);
    await Promise.all([delivered(one), delivered(two)]);
    expect(a.events).toHaveLength(600);
    expect(a.events).toEqual(b.events);
  });

  test("an event of one bus can be resumed from on another", async () => {
    const [{ bus: one }, { bus: two }] = [await make(), await make()];
    const workspaceId = newWorkspace();
    const heard = record(one, { workspaceId });
    await one.publish([1, 2, 3].map((n) => draft(workspaceId, { data: { n } })));
    await delivered(one);
    const resumed = record(two, { workspaceId }, heard.events[0]?.id);
    await expect.poll(resumed.numbers).toEqual([2, 3]);
  });

  test("a bus whose connection is cut misses nothing that others publish meanwhile", async () => {
    const [{ bus: one }, { bus: two, redis }] = [await make(), await make()];
    const workspaceId = newWorkspace();
    const [a, b] = [record(one, { workspaceId }), record(two, { workspaceId })];
    for (let n = 0; n < 1_000; n++) {
      await one.publish([draft(workspaceId, { data: { n } })]);
      if (n % 300 === 100) redis.messages.disconnect(true);
    }
    await expect.poll(() => b.events.length).toBeGreaterThanOrEqual(1_000);
    await delivered(one);
    expect(b.numbers()).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect(b.events).toEqual(a.events);
  });

  test("keeps about as many events of a workspace as it is told, the newest", async () => {
    const { bus } = await make({ keptEvents: 1_000 });
    const workspaceId = newWorkspace();
    const drafts = Array.from({ length: 5_000 }, (_, n) => draft(workspaceId, { data: { n } }));
    await bus.publish(drafts);
    const redis = new Redis(redisUrl as string);
    // Redis trims whole nodes of its stream, of 100 entries by default.
    const kept = await redis.xlen(`millrace:events:${workspaceId}`);
    await redis.quit();
    expect(kept).toBeGreaterThanOrEqual(1_000);
    expect(kept).toBeLessThan(1_200);
    const replayed = record(bus, { workspaceId }, "0-0");
    await expect.poll(() => replayed.events.length).toBe(kept);
    expect(replayed.numbers()).toEqual(drafts.slice(-kept).map(({ data }) => data.n));
  });
});
