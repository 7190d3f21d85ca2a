// The notifier of one process: a table of listeners by queue.
import type { Logger } from "../../ports/logger.ts";
import type { Notifier } from "../../ports/notifier.ts";

type Listener = { wake: (queue: string) => void };

export function createMemoryNotifier(options: { logger: Pick<Logger, "error"> }): Notifier {
  const listeners = new Map<string, Set<Listener>>();
  // Queue names hold no space, so "*" cannot be mistaken for one.
  const keyOf = (workspaceId: number | "*", queue: string) => `${workspaceId} ${queue}`;

  function wake(listener: Listener, queue: string): void {
    try {
      listener.wake(queue);
    } catch (error) {
      options.logger.error("a notifier's listener threw", { queue, error: String(error) });
    }
  }

  return {
    notify(workspaceId, queues) {
      for (const queue of new Set(queues)) {
        for (const key of [keyOf(workspaceId, queue), keyOf(workspaceId, "*"), keyOf("*", queue), keyOf("*", "*")]) {
          // A copy: a listener that is woken often ends itself and starts anew.
          for (const listener of [...(listeners.get(key) ?? [])]) wake(listener, queue);
        }
      }
    },

    listen(workspaceId, queues, listener) {
      const entry: Listener = { wake: listener };
      const keys = (queues === "*" ? ["*"] : [...new Set(queues)]).map((queue) => keyOf(workspaceId, queue));
      for (const key of keys) listeners.set(key, (listeners.get(key) ?? new Set()).add(entry));
      return () => {
        for (const key of keys) {
          const group = listeners.get(key);
          group?.delete(entry);
          if (group?.size === 0) listeners.delete(key);
        }
      };
    },
  };
}
