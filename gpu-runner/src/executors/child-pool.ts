// Keeps executor children warm: an idle one is used again, a dead one replaced, a long-idle one ended.
import { type ExecutorChild, startExecutorChild } from "./child-process.ts";

export interface ChildPool {
  /** Runs `use` with a child of its own. */
  with<Value>(use: (child: ExecutorChild) => Promise<Value>): Promise<Value>;
  close(): Promise<void>;
}

const IDLE_MS = 5 * 60_000;

export interface ChildPoolOptions {
  argv: readonly string[];
  env: Record<string, string>;
  /** Told when a child that died is replaced. */
  onRestart: () => void;
}

export function createChildPool({ argv, env, onRestart }: ChildPoolOptions): ChildPool {
  const all = new Set<ExecutorChild>();
  const idle: { child: ExecutorChild; timer: ReturnType<typeof setTimeout> }[] = [];
  let died = 0;

  function take(): ExecutorChild {
    for (let next = idle.pop(); next; next = idle.pop()) {
      clearTimeout(next.timer);
      if (next.child.isAlive) return next.child;
      bury(next.child);
    }
    const child = startExecutorChild({ argv, env });
    all.add(child);
    if (died > 0) {
      died -= 1;
      onRestart();
    }
    return child;
  }

  function bury(child: ExecutorChild): void {
    if (all.delete(child)) died += 1;
  }

  return {
    async with(use) {
      const child = take();
      try {
        return await use(child);
      } finally {
        if (child.isAlive) {
          const timer = setTimeout(() => {
            idle.splice(
              idle.findIndex((one) => one.child === child),
              1,
            );
            all.delete(child);
            void child.close();
          }, IDLE_MS);
          timer.unref();
          idle.push({ child, timer });
        } else {
          bury(child);
        }
      }
    },
    async close() {
      for (const { timer } of idle.splice(0)) clearTimeout(timer);
      await Promise.all([...all].map((child) => child.close()));
      all.clear();
    },
  };
}
