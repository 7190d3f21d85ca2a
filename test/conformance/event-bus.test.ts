// What every event bus must do. A profile's bus is added to IMPLEMENTATIONS.
import { describe, expect, test } from "vitest";
import { createMemoryEventBus } from "../../src/adapters/memory/event-bus.ts";
import type { Event } from "../../src/contract/event.ts";
import type { EventBus, EventDraft, EventFilter } from "../../src/ports/event-bus.ts";

type Options = { now?: () => number; capacity?: number; capacityBytes?: number };
type Make = (options?: Options) => EventBus;

const errors: string[] = [];
const IMPLEMENTATIONS: [string, Make][] = [
  [
    "memory",
    ({ now = () => Date.now(), ...options } = {}) =>
      createMemoryEventBus({ clock: { now }, logger: { error: (message) => void errors.push(message) }, ...options }),
  ],
];

function draft(fields: Partial<EventDraft> = {}): EventDraft {
  return { workspaceId: 1, type: "job.progress", at: "2026-01-31T08:30:00.000Z", data: {}, ...fields };
}

function record(bus: EventBus, filter: EventFilter, after?: string) {
  const events: Event[] = [];
  const calls: number[] = [];
  const end = bus.subscribe(
    filter,
    (batch) => {
      events.push(...batch);
      calls.push(batch.length);
    },
    after,
  );
  return { events, calls, end };
}

const JOB_A = "job_01kaj7zqv5fd8tqb5x1v2m3n4p";
const JOB_B = "job_01kaj7zqv5fd8tqb5x1v2m3n4q";

function compare(a: string, b: string): number {
  const [aTime = 0, aNumber = 0] = a.split("-").map(Number);
  const [bTime = 0, bNumber = 0] = b.split("-").map(Number);
  return aTime - bTime || aNumber - bNumber;
}

describe.each(IMPLEMENTATIONS)("the %s event bus", (_, make) => {
  test("delivers the events of one publish in order, in one call, without the workspace", async () => {
    const bus = make();
    const { events, calls } = record(bus, { workspaceId: 1 });
    await bus.publish([draft({ data: { n: 1 } }), draft({ data: { n: 2 } })]);
    expect(events.map((event) => event.data)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(calls).toEqual([2]);
    expect(events[0]).not.toHaveProperty("workspaceId");
  });

  test("tells nobody of another workspace", async () => {
    const bus = make();
    const other = record(bus, { workspaceId: 2 });
    const otherJob = record(bus, { workspaceId: 2, jobId: JOB_A });
    await bus.publish([draft({ jobId: JOB_A })]);
    expect([...other.events, ...otherJob.events]).toEqual([]);
    expect(record(bus, { workspaceId: 2 }, "0-0").events).toEqual([]);
  });

  test("delivers only what matches every field of the filter", async () => {
    const bus = make();
    const byJob = record(bus, { workspaceId: 1, jobId: JOB_A });
    const byQueue = record(bus, { workspaceId: 1, queue: "gpu" });
    const byType = record(bus, { workspaceId: 1, type: "upload.finished" });
    const byAll = record(bus, { workspaceId: 1, jobId: JOB_A, queue: "gpu", type: "job.completed" });
    await bus.publish([
      draft({ jobId: JOB_A, queue: "gpu", data: { n: 1 } }),
      draft({ jobId: JOB_B, queue: "gpu", data: { n: 2 } }),
      draft({ jobId: JOB_A, queue: "default", type: "job.completed", data: { n: 3 } }),
      draft({ jobId: JOB_A, queue: "gpu", type: "job.completed", data: { n: 4 } }),
      draft({ type: "upload.finished", topic: "upload.finished", data: { n: 5 } }),
    ]);
    const numbers = ({ events }: { events: Event[] }) => events.map((event) => event.data.n);
    expect(numbers(byJob)).toEqual([1, 3, 4]);
    expect(numbers(byQueue)).toEqual([1, 2, 4]);
    expect(numbers(byType)).toEqual([5]);
    expect(numbers(byAll)).toEqual([4]);
  });

  test("is silent after the subscription ended, also when it ended in the middle of a delivery", async () => {
    const bus = make();
    const first = record(bus, { workspaceId: 1 });
    const end = bus.subscribe({ workspaceId: 1 }, () => end());
    await bus.publish([draft()]);
    first.end();
    await bus.publish([draft()]);
    expect(first.events).toHaveLength(1);
  });

  test("gives ids of the form <milliseconds>-<n> that only grow, though the clock goes back", async () => {
    const times = [2_000, 2_000, 1_500, 1_500, 2_001];
    const bus = make({ now: () => times.shift() ?? 2_001 });
    const { events } = record(bus, { workspaceId: 1 });
    for (let n = 0; n < 5; n++) await bus.publish([draft()]);
    const ids = events.map((event) => event.id);
    expect(ids).toEqual(["2000-0", "2000-1", "2000-2", "2000-3", "2001-0"]);
    expect([...ids].sort(compare)).toEqual(ids);
  });

  test("a bus started later gives greater ids", async () => {
    const before = make({ now: () => 5_000 });
    const after = make({ now: () => 5_001 });
    const a = record(before, { workspaceId: 1 });
    const b = record(after, { workspaceId: 1 });
    await before.publish([draft(), draft()]);
    await after.publish([draft()]);
    expect(compare(a.events.at(-1)?.id ?? "", b.events[0]?.id ?? "")).toBeLessThan(0);
  });

  test("replays what came after an id, then goes on live, with nothing missing or twice", async () => {
    const bus = make();
    const all = record(bus, { workspaceId: 1 });
    await bus.publish(Array.from({ length: 5 }, (_, n) => draft({ jobId: n % 2 ? JOB_A : JOB_B, data: { n } })));
    const resumed = record(bus, { workspaceId: 1, jobId: JOB_A }, all.events[1]?.id);
    await bus.publish([draft({ jobId: JOB_A, data: { n: 5 } })]);
    expect(resumed.events.map((event) => event.data.n)).toEqual([3, 5]);
    expect(record(bus, { workspaceId: 1 }, all.events.at(-1)?.id).events).toEqual([]);
    expect(record(bus, { workspaceId: 1 }, "0-0").events).toEqual(all.events);
  });

  test("replays nothing for what is no event id", async () => {
    const bus = make();
    await bus.publish([draft()]);
    expect(record(bus, { workspaceId: 1 }, "nonsense").events).toEqual([]);
  });

  test("keeps the newest events within its bounds of number and size", async () => {
    const few = make({ capacity: 3 });
    for (let n = 0; n < 10; n++) await few.publish([draft({ data: { n } })]);
    expect(record(few, { workspaceId: 1 }, "0-0").events.map((event) => event.data.n)).toEqual([7, 8, 9]);

    const small = make({ capacityBytes: 50_000 });
    for (let n = 0; n < 10; n++) await small.publish([draft({ data: { n, logs: [{ line: "x".repeat(10_000) }] } })]);
    expect(record(small, { workspaceId: 1 }, "0-0").events.map((event) => event.data.n)).toEqual([8, 9]);
  });

  test("a listener that throws keeps no other from hearing", async () => {
    const bus = make();
    errors.length = 0;
    bus.subscribe({ workspaceId: 1 }, () => {
      throw new Error("broken");
    });
    const other = record(bus, { workspaceId: 1 });
    await bus.publish([draft()]);
    expect(other.events).toHaveLength(1);
    expect(errors).toEqual(["an event listener threw"]);
  });

  test("an event costs no more with 10,000 subscribers of other jobs than with none", async () => {
    const bus = make();
    let heard = 0;
    for (let n = 0; n < 10_000; n++) bus.subscribe({ workspaceId: 1, jobId: `job_${n}` }, () => heard++);
    const started = performance.now();
    for (let n = 0; n < 10_000; n++) await bus.publish([draft({ jobId: `job_${n}` })]);
    // Looking at every subscriber would be 10^8 comparisons: seconds, not this.
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(heard).toBe(10_000);
  });
});
