// What every notifier must do within its process: whoever listens there is woken before `notify` returns.
import { describe, expect, test } from "vitest";
import type { Notifier } from "../../../src/ports/notifier.ts";

export type NotifierUnderTest = { make(): Promise<{ notifier: Notifier; errors: readonly string[] }> };

let lastWorkspace = 1_000_000 + Math.floor(Math.random() * 1_000_000_000);
export const newWorkspace = () => ++lastWorkspace;

export function record(notifier: Notifier, workspaceId: number | "*", queues: readonly string[] | "*") {
  const heard: string[] = [];
  return { heard, end: notifier.listen(workspaceId, queues, (queue) => heard.push(queue)) };
}

export function describeNotifier(name: string, { make }: NotifierUnderTest): void {
  describe(`the ${name} notifier`, () => {
    test("wakes who listens to the queue at once, once for each queue that was named", async () => {
      const [{ notifier }, workspaceId] = [await make(), newWorkspace()];
      const both = record(notifier, workspaceId, ["gpu", "default"]);
      const other = record(notifier, workspaceId, ["mail"]);
      notifier.notify(workspaceId, ["gpu", "gpu", "default", "unknown"]);
      expect(both.heard).toEqual(["gpu", "default"]);
      expect(other.heard).toEqual([]);
    });

    test("a listener to every queue or every workspace hears all of them, others only their own", async () => {
      const [{ notifier }, one, two] = [await make(), newWorkspace(), newWorkspace()];
      const lane = `lane-${one}`;
      const queues = record(notifier, one, "*");
      const workspaces = record(notifier, "*", [lane]);
      const all = record(notifier, "*", "*");
      notifier.notify(one, [lane]);
      notifier.notify(two, [lane, `mail-${one}`]);
      expect(queues.heard).toEqual([lane]);
      expect(workspaces.heard).toEqual([lane, lane]);
      expect(all.heard).toEqual([lane, lane, `mail-${one}`]);
    });

    test("is silent once the listener ended, and may be ended while it is woken", async () => {
      const [{ notifier }, workspaceId] = [await make(), newWorkspace()];
      const heard: string[] = [];
      const end = notifier.listen(workspaceId, ["gpu"], (queue) => {
        heard.push(queue);
        end();
      });
      notifier.notify(workspaceId, ["gpu"]);
      notifier.notify(workspaceId, ["gpu"]);
      expect(heard).toEqual(["gpu"]);
    });

    test("a listener that throws keeps no other from hearing, and the notify from nothing", async () => {
      const [{ notifier, errors }, workspaceId] = [await make(), newWorkspace()];
      notifier.listen(workspaceId, ["gpu"], () => {
        throw new Error("broken");
      });
      const other = record(notifier, workspaceId, ["gpu"]);
      notifier.notify(workspaceId, ["gpu"]);
      expect(other.heard).toEqual(["gpu"]);
      expect(errors).toEqual(["a notifier's listener threw"]);
    });
  });
}
