// What the random operations work on: a database, one engine per worker (as if each were a process of its own), and what
// the workers know of each other's jobs and leases.
import type { EnginePorts, Identity } from "../../src/core/context.ts";
import type { Engine } from "../../src/core/engine.ts";
import { ME, openEngine } from "../engine/engine-under-test.ts";
import type { TestDatabase } from "../support/databases.ts";
import type { EnqueueCall } from "./history.ts";
import { createRandom, type Random } from "./random.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

/** `free` has no limit and is never paused, `narrow` always runs at most 3; the others are changed all the time. */
export const QUEUES = ["free", "narrow", "moving", "paused-often"] as const;
export const NARROW_LIMIT = 3;

export type Worker = {
  engine: Engine;
  ports: EnginePorts;
  random: Random;
  /** Runner id it leases as. */
  runner: string;
  labels: Record<string, string>;
  /** The call that it is carrying out: what its engine publishes now belongs to it. */
  call: number;
};

export type World = {
  database: TestDatabase;
  identity: Identity;
  recorder: Recorder;
  random: Random;
  workers: Worker[];
  jobs: string[];
  /** Those that were told to have failed or been cancelled. */
  ended: string[];
  /** Tokens that are probably held, and tokens that are probably over. */
  held: string[];
  over: string[];
  idempotent: Map<string, Pick<EnqueueCall, "jobs"> & { hash: string; body: unknown }>;
  uniqueLine: number;
  close(): Promise<void>;
};

/** What a sabotaged run breaks: something between the engine and its ports. */
export type Sabotage = (ports: EnginePorts) => EnginePorts;

export async function createWorld(database: TestDatabase, options: { seed: number; workers: number; sabotage?: Sabotage }): Promise<World> {
  const random = createRandom(options.seed);
  const recorder = createRecorder();
  // One pool for all: several connections on Postgres, the one there is on PGlite.
  const shared = openEngine(database);
  const workers = Array.from({ length: options.workers }, (_, index) =>
    createWorker(shared, { database, recorder, random, index, sabotage: options.sabotage }),
  );
  const world: World = {
    database,
    identity: ME,
    recorder,
    random,
    workers: workers.map(({ worker }) => worker),
    jobs: [],
    ended: [],
    held: [],
    over: [],
    idempotent: new Map(),
    uniqueLine: 0,
    async close() {
      for (const { close } of workers) await close();
      await shared.close();
    },
  };
  await configureQueues(world);
  return world;
}

type Making = { database: TestDatabase; recorder: Recorder; random: Random; index: number; sabotage: Sabotage | undefined };

function createWorker(shared: ReturnType<typeof openEngine>, { database, recorder, random, index, sabotage }: Making) {
  const own = openEngine(database, (ports) => {
    const publish: EnginePorts["bus"]["publish"] = async (drafts) => {
      for (const { type, jobId, data } of drafts) {
        if (jobId) recorder.entries.push({ op: "event", call: worker.call, type, job: jobId, data });
      }
    };
    const tagged = { ...ports, db: shared.ports.db, bus: { ...ports.bus, publish } };
    return sabotage ? sabotage(tagged) : tagged;
  });
  const worker: Worker = {
    engine: own.engine,
    ports: own.ports,
    random: random.fork(),
    runner: `runner-${index}`,
    labels: index % 2 === 0 ? { zone: "lab" } : {},
    call: 0,
  };
  return { worker, close: own.close };
}

async function configureQueues({ workers, identity, recorder }: World): Promise<void> {
  const [worker] = workers;
  if (!worker) throw new Error("A world needs a worker.");
  for (const queue of QUEUES) {
    const concurrency = queue === "narrow" ? NARROW_LIMIT : null;
    await recorder.record({ op: "queue", queue, concurrency }, async () => {
      await worker.engine.putQueue(identity, { name: queue, policy: { concurrency } });
      return {};
    });
  }
}
