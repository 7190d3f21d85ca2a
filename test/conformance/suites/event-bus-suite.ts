// What every event bus must do, whatever carries it. Each test has workspaces of its own, so that one Redis serves many.
import { describe, expect, test, vi } from "vitest";
import { compareEventIds } from "../../../src/adapters/memory/event-ring.ts";
import type { Event } from "../../../src/contract/event.ts";
import type { EventBus, EventDraft, EventFilter } from "../../../src/ports/event-bus.ts";

export type BusUnderTest = {
  /** A bus, and what it logged as an error. Several of one suite share what they carry events over, if anything. */
  make(): Promise<{ bus: EventBus; errors: readonly string[] }>;
};

const JOB_A = "job_01kaj7zqv5fd8tqb5x1v2m3n4p";
const JOB_B = "job_01kaj7zqv5fd8tqb5x1v2m3n4q";
const MARKER_WORKSPACE = 1_999_999_999;

let lastWorkspace = 1_000_000 + Math.floor(Math.random() * 1_000_000_000);
export const newWorkspace = () => ++lastWorkspace;

export function draft(workspaceId: number, fields: Partial<EventDraft> = {}): EventDraft {
  return { workspaceId, type: "job.progress", at: "2026-01-31T08:30:00.000Z", data: {}, ...fields };
}

export function record(bus: EventBus, filter: EventFilter, after?: string) {
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
  return { events, calls, end, numbers: () => events.map((event) => event.data.n) };
}

/** Resolves when everything that was published on `bus` before has been delivered: events keep their order. */
export async function delivered(bus: EventBus): Promise<void> {
  const marker = `marker-${Math.random()}`;
  let end = () => {};
  await new Promise<void>((resolve, reject) => {
    end = bus.subscribe({ workspaceId: MARKER_WORKSPACE, type: marker }, () => resolve());
    bus.publish([draft(MARKER_WORKSPACE, { type: marker })]).catch(reject);
  });
  end();
}

export function describeEventBus(name: string, { make }: BusUnderTest): void {
  describe(`the ${name} event bus`, () => {
    test("delivers the events of one publish in order, in one call, without the workspace", async () => {
      const [{ bus }, workspaceId] = [await make(), newWorkspace()];
      const { numbers, events, calls } = record(bus, { workspaceId });
      await bus.publish([draft(workspaceId, { data: { n: 1 } }), draft(workspaceId, { data: { n: 2 } })]);
      await delivered(bus);
      expect(numbers()).toEqual([1, 2]);
      expect(calls).toEqual([2]);
      expect(events[0]).not.toHaveProperty("workspaceId");
    });

    test("carries text of every kind unharmed", async () => {
      const [{ bus }, workspaceId] = [await make(), newWorkspace()];
      const data = { line: 'two\nlines, "quotes", spaces  and \u2028 é🙂\0', nested: { list: [1, null, true] } };
      const live = record(bus, { workspaceId });
      await bus.publish([draft(workspaceId, { data })]);
      await delivered(bus);
      expect(live.events[0]?.data).toEqual(data);
      const replayed = record(bus, { workspaceId }, "0-0");
      await vi.waitFor(() => expect(replayed.events).toEqual(live.events));
    });

    test("tells nobody of another workspace", async () => {
      const [{ bus }, workspaceId, elsewhere] = [await make(), newWorkspace(), newWorkspace()];
      const other = record(bus, { workspaceId: elsewhere });
      const otherJob = record(bus, { workspaceId: elsewhere, jobId: JOB_A });
      await bus.publish([draft(workspaceId, { jobId: JOB_A })]);
      await delivered(bus);
      const replayed = record(bus, { workspaceId: elsewhere }, "0-0");
      await bus.publish([draft(elsewhere, { data: { n: 1 } })]);
      await vi.waitFor(() => expect(replayed.numbers()).toEqual([1]));
      expect(other.numbers()).toEqual([1]);
      expect(otherJob.events).toEqual([]);
    });

    test("delivers only what matches every field of the filter", async () => {
      const [{ bus }, workspaceId] = [await make(), newWorkspace()];
      const byJob = record(bus, { workspaceId, jobId: JOB_A });
      const byQueue = record(bus, { workspaceId, queue: "gpu" });
      const byType = record(bus, { workspaceId, type: "upload.finished" });
      const byAll = record(bus, { workspaceId, jobId: JOB_A, queue: "gpu", type: "job.completed" });
      await bus.publish([
        draft(workspaceId, { jobId: JOB_A, queue: "gpu", data: { n: 1 } }),
        draft(workspaceId, { jobId: JOB_B, queue: "gpu", data: { n: 2 } }),
        draft(workspaceId, { jobId: JOB_A, queue: "default", type: "job.completed", data: { n: 3 } }),
        draft(workspaceId, { jobId: JOB_A, queue: "gpu", type: "job.completed", data: { n: 4 } }),
        draft(workspaceId, { type: "upload.finished", topic: "upload.finished", data: { n: 5 } }),
      ]);
      await delivered(bus);
      expect(byJob.numbers()).toEqual([1, 3, 4]);
      expect(byQueue.numbers()).toEqual([1, 2, 4]);
      expect(byType.numbers()).toEqual([5]);
      expect(byAll.numbers()).toEqual([4]);
    });

    test("is silent after the subscription ended, also when it ended in the middle of a delivery or a replay", async () => {
      const [{ bus }, workspaceId] = [await make(), newWorkspace()];
      const first = record(bus, { workspaceId });
      const end = bus.subscribe({ workspaceId }, () => end());
      await bus.publish([draft(workspaceId)]);
      await delivered(bus);
      first.end();
      const replay = record(bus, { workspaceId }, "0-0");
      const before = replay.events.length;
      replay.end();
      await bus.publish([draft(workspaceId)]);
      await delivered(bus);
      expect(first.events).toHaveLength(1);
      expect(replay.events).toHaveLength(before);
    });

    test("gives ids of the form <milliseconds>-<n> that only grow, however many publish at once", async () => {
      const [{ bus }, workspaceId] = [await make(), newWorkspace()];
      const { events } = record(bus, { workspaceId });
      const publishes = Array.from({ length: 200 }, (_, n) => bus.publish([draft(workspaceId, { data: { n } }), draft(workspaceId)]));
      await Promise.all(publishes);
      await delivered(bus);
      const ids = events.map(({ id }) => id);
      expect(ids).toHaveLength(400);
      for (const id of ids) expect(id).toMatch(/^\d{13}-\d+$/);
      expect(ids.slice(1).every((id, index) => compareEventIds(ids[index] as string, id) < 0)).toBe(true);
    });

    test("replays what came after an id, then goes on live, with nothing missing or twice", async () => {
      const [{ bus }, workspaceId] = [await make(), newWorkspace()];
      const all = record(bus, { workspaceId });
      await bus.publish(Array.from({ length: 5 }, (_, n) => draft(workspaceId, { jobId: n % 2 ? JOB_A : JOB_B, data: { n } })));
      await delivered(bus);
      const resumed = record(bus, { workspaceId, jobId: JOB_A }, all.events[1]?.id);
      const upToDate = record(bus, { workspaceId }, all.events.at(-1)?.id);
      await bus.publish([draft(workspaceId, { jobId: JOB_A, data: { n: 5 } })]);
      await vi.waitFor(() => expect([resumed.numbers(), upToDate.numbers()]).toEqual([[3, 5], [5]]));
      const fromStart = record(bus, { workspaceId }, "0-0");
      await vi.waitFor(() => expect(fromStart.events).toEqual(all.events));
    });

    test("resumes at any moment while events are being published, with nothing missing, twice or out of order", async () => {
      const [{ bus }, workspaceId] = [await make(), newWorkspace()];
      const all = record(bus, { workspaceId });
      const resumed: { from: string; events: Event[] }[] = [];
      for (let round = 0; round < 60; round += 1) {
        const publishing = bus.publish(Array.from({ length: 40 }, (_, k) => draft(workspaceId, { data: { n: round * 40 + k } })));
        const from = all.events[Math.floor(Math.random() * all.events.length)]?.id ?? "0-0";
        resumed.push({ from, events: record(bus, { workspaceId }, from).events });
        await publishing;
      }
      await delivered(bus);
      expect(all.numbers()).toEqual(Array.from({ length: 2_400 }, (_, n) => n));
      for (const { from, events } of resumed) {
        const expected = all.events.filter(({ id }) => compareEventIds(id, from) > 0).map(({ id }) => id);
        await vi.waitFor(() => expect(events.length).toBeGreaterThanOrEqual(expected.length));
        expect(events.map(({ id }) => id)).toEqual(expected);
      }
    });

    test("goes on live after an id that is not there yet, as after the log was lost", async () => {
      const [{ bus }, workspaceId] = [await make(), newWorkspace()];
      const { numbers } = record(bus, { workspaceId }, "99999999999999-0");
      await delivered(bus);
      // Longer than the look into the log takes.
      await expect.poll(async () => bus.publish([draft(workspaceId, { data: { n: 1 } })]).then(numbers)).toContain(1);
    });

    test("takes what is no event id for none", async () => {
      const [{ bus }, workspaceId] = [await make(), newWorkspace()];
      await bus.publish([draft(workspaceId, { data: { n: 1 } })]);
      await delivered(bus);
      const after = ["nonsense", "", "1", "-", "+", "(0-0", "1-2-3"].map((id) => record(bus, { workspaceId }, id));
      await bus.publish([draft(workspaceId, { data: { n: 2 } })]);
      await delivered(bus);
      for (const { numbers } of after) expect(numbers()).toEqual([2]);
    });

    test("a listener that throws keeps no other from hearing", async () => {
      const [{ bus, errors }, workspaceId] = [await make(), newWorkspace()];
      bus.subscribe({ workspaceId }, () => {
        throw new Error("broken");
      });
      const other = record(bus, { workspaceId });
      await bus.publish([draft(workspaceId)]);
      await delivered(bus);
      expect(other.events).toHaveLength(1);
      expect(errors).toEqual(["an event listener threw"]);
    });

    test("an event costs no more with 10,000 subscribers of other jobs than with none", async () => {
      const [{ bus }, workspaceId] = [await make(), newWorkspace()];
      let heard = 0;
      for (let n = 0; n < 10_000; n++) bus.subscribe({ workspaceId, jobId: `job_${n}` }, () => heard++);
      const started = performance.now();
      for (let from = 0; from < 10_000; from += 100) {
        await bus.publish(Array.from({ length: 100 }, (_, n) => draft(workspaceId, { jobId: `job_${from + n}` })));
      }
      await delivered(bus);
      // Looking at every subscriber would be 10^8 comparisons: seconds, not this.
      expect(performance.now() - started).toBeLessThan(3_000);
      expect(heard).toBe(10_000);
    });
  });
}
