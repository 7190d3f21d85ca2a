// What every notifier must do. A profile's notifier is added to IMPLEMENTATIONS.
import { describe, expect, test } from "vitest";
import { createMemoryNotifier } from "../../src/adapters/memory/notifier.ts";
import type { Notifier } from "../../src/ports/notifier.ts";

const errors: string[] = [];
const IMPLEMENTATIONS: [string, () => Notifier][] = [
  ["memory", () => createMemoryNotifier({ logger: { error: (message) => void errors.push(message) } })],
];

function record(notifier: Notifier, workspaceId: number | "*", queues: readonly string[] | "*") {
  const heard: string[] = [];
  return { heard, end: notifier.listen(workspaceId, queues, (queue) => heard.push(queue)) };
}

describe.each(IMPLEMENTATIONS)("the %s notifier", (_, make) => {
  test("wakes who listens to the queue, once for each queue that was named", () => {
    const notifier = make();
    const both = record(notifier, 1, ["gpu", "default"]);
    const other = record(notifier, 1, ["mail"]);
    notifier.notify(1, ["gpu", "gpu", "default", "unknown"]);
    expect(both.heard).toEqual(["gpu", "default"]);
    expect(other.heard).toEqual([]);
  });

  test("a listener to every queue or every workspace hears all of them, others only their own", () => {
    const notifier = make();
    const queues = record(notifier, 1, "*");
    const workspaces = record(notifier, "*", ["gpu"]);
    const all = record(notifier, "*", "*");
    notifier.notify(1, ["gpu"]);
    notifier.notify(2, ["gpu", "mail"]);
    expect(queues.heard).toEqual(["gpu"]);
    expect(workspaces.heard).toEqual(["gpu", "gpu"]);
    expect(all.heard).toEqual(["gpu", "gpu", "mail"]);
  });

  test("is silent once the listener ended, and may be ended while it is woken", () => {
    const notifier = make();
    const heard: string[] = [];
    const end = notifier.listen(1, ["gpu"], (queue) => {
      heard.push(queue);
      end();
    });
    notifier.notify(1, ["gpu"]);
    notifier.notify(1, ["gpu"]);
    expect(heard).toEqual(["gpu"]);
  });

  test("a listener that throws keeps no other from hearing, and the notify from nothing", () => {
    const notifier = make();
    errors.length = 0;
    notifier.listen(1, ["gpu"], () => {
      throw new Error("broken");
    });
    const other = record(notifier, 1, ["gpu"]);
    notifier.notify(1, ["gpu"]);
    expect(other.heard).toEqual(["gpu"]);
    expect(errors).toEqual(["a notifier's listener threw"]);
  });
});
