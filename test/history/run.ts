// A whole random run: workers that do random operations at the same time, then a drain, then the tables as they are.
import type { TestDatabase } from "../support/databases.ts";
import { drain } from "./drain.ts";
import type { History } from "./history.ts";
import { acquire, age, cancel, changeQueue, enqueue, heartbeat, promote, retry, runHousekeeping, runSweep, settle } from "./operations.ts";
import { takeSample } from "./tables.ts";
import { createWorld, type Sabotage, type Worker, type World } from "./world.ts";

const OPERATIONS = { enqueue, acquire, heartbeat, settle, cancel, retry, promote, changeQueue, runSweep, runHousekeeping, age };
type Mix = Record<keyof typeof OPERATIONS, number>;

const CLIENT: Mix = {
  enqueue: 14,
  acquire: 24,
  heartbeat: 12,
  settle: 26,
  cancel: 6,
  retry: 4,
  promote: 3,
  changeQueue: 4,
  runSweep: 2,
  runHousekeeping: 0.3,
  age: 4,
};
/** Several of these race each other: rescue, promotion, expiry and folding must be safe to run at once. */
const SWEEPER: Mix = {
  enqueue: 0,
  acquire: 0,
  heartbeat: 0,
  settle: 0,
  cancel: 0,
  retry: 0,
  promote: 0,
  changeQueue: 0,
  runSweep: 60,
  runHousekeeping: 3,
  age: 37,
};

export type RunOptions = { seed: number; operations: number; clients?: number; sweepers?: number; sabotage?: Sabotage };

export async function runHistory(database: TestDatabase, options: RunOptions): Promise<History> {
  const { seed, operations, clients = 6, sweepers = 3, sabotage } = options;
  const world = await createWorld(database, { seed, workers: clients + sweepers, ...(sabotage ? { sabotage } : {}) });
  try {
    const share = Math.ceil(operations / (clients + sweepers));
    await Promise.all(world.workers.map((worker, index) => work(world, worker, { share, mix: index < clients ? CLIENT : SWEEPER })));
    await drain(world);
    return world.recorder.entries;
  } finally {
    await world.close();
  }
}

async function work(world: World, worker: Worker, { share, mix }: { share: number; mix: Mix }): Promise<void> {
  for (let done = 0; done < share; done += 1) {
    await OPERATIONS[worker.random.weighted(mix)](world, worker);
    if (mix === SWEEPER && done % 10 === 0) world.recorder.entries.push(await takeSample(world));
  }
}
