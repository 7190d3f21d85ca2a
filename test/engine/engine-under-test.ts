// The real engine over a test's database, with the memory adapters, and short-hands for what most tests say.
import { createMemoryEventBus } from "../../src/adapters/memory/event-bus.ts";
import { createMemoryNotifier } from "../../src/adapters/memory/notifier.ts";
import { clock } from "../../src/adapters/selfhost/clock.ts";
import { openDatabase } from "../../src/adapters/selfhost/database.ts";
import { fromId } from "../../src/contract/ids.ts";
import { JobInput, type JobState } from "../../src/contract/job.ts";
import type { AcquireInput, Lease } from "../../src/contract/lease.ts";
import type { ProblemCode } from "../../src/contract/problem.ts";
import { type EnginePorts, type Identity, systemIdentity } from "../../src/core/context.ts";
import { createEngine, type Engine } from "../../src/core/engine.ts";
import { ProblemError } from "../../src/core/problem-error.ts";
import type { EventDraft } from "../../src/ports/event-bus.ts";
import type { Logger } from "../../src/ports/logger.ts";
import type { TestDatabase } from "../support/databases.ts";

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: (message, fields) => console.error(message, fields) };

/** The workspace that the first migration makes. */
export const ME: Identity = { ...systemIdentity(1), name: "tester" };

export type EngineUnderTest = {
  engine: Engine;
  ports: EnginePorts;
  /** Everything published since the last `events.length = 0`, in order. */
  events: EventDraft[];
  close(): Promise<void>;
};

/** `wrap` may put something between the engine and its ports. */
export function openEngine(database: TestDatabase, wrap: (ports: EnginePorts) => EnginePorts = (ports) => ports): EngineUnderTest {
  const { db, close } = openDatabase(database.url, { max: database.poolSize });
  const bus = createMemoryEventBus({ clock, logger: quiet });
  const events: EventDraft[] = [];
  const publish = (drafts: readonly EventDraft[]) => {
    events.push(...drafts);
    return bus.publish(drafts);
  };
  const ports = wrap({
    db,
    bus: { ...bus, publish },
    notifier: createMemoryNotifier({ logger: quiet }),
    due: { hint: () => {} },
    clock,
    logger: quiet,
  });
  return { engine: createEngine(ports), ports, events, close };
}

/** A job as the API hands it to the engine: parsed by the contract, so with every default. */
export function jobInput(fields: Partial<JobInput> = {}): JobInput {
  return JobInput.parse({ queue: "work", kind: "command", ...fields });
}

export function acquireInput(fields: Partial<AcquireInput> = {}): AcquireInput {
  return { runnerId: "runner-1", queues: ["work"], max: 1, leaseSeconds: 60, waitSeconds: 0, ...fields };
}

/** Enqueues one job and returns its id. */
export async function enqueue(engine: Engine, fields: Partial<JobInput> = {}): Promise<string> {
  return (await engine.enqueueJob(ME, { job: jobInput(fields) })).job.id;
}

/** Leases exactly one job. */
export async function leaseOne(engine: Engine, fields: Partial<AcquireInput> = {}): Promise<Lease> {
  const { leases } = await engine.acquireLeases(ME, acquireInput(fields));
  const [lease] = leases;
  if (!lease) throw new Error("Expected a lease, got none.");
  return lease;
}

type Outcome = { outcome: "completed" | "failed" | "released"; result?: unknown; retryable?: boolean };

/** Settles one lease; the answer's `status` and `state`. */
export async function settle(engine: Engine, leaseToken: string, { outcome, result, retryable = true }: Outcome) {
  const error = outcome === "failed" ? { code: "oops", message: "It broke.", retryable } : undefined;
  const { items } = await engine.settleLeases(ME, { runnerId: "runner-1", items: [{ leaseToken, outcome, result, error }] });
  const [item] = items;
  if (!item) throw new Error("Expected one answer, got none.");
  return { status: item.status, state: item.state };
}

export async function stateOf(engine: Engine, id: string): Promise<JobState> {
  return (await engine.getJob(ME, { id })).state;
}

/** The code of the problem that `call` is refused with; an error where it is not refused. */
export async function problemOf(call: Promise<unknown>): Promise<ProblemCode> {
  const answer = await call.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
  if (answer instanceof ProblemError) return answer.code;
  if (answer instanceof Error) throw answer;
  throw new Error(`Expected a problem, got ${JSON.stringify(answer)}.`);
}

/** The UUID behind a job's id. */
export function uuidOf(id: string): string {
  const uuid = fromId("job", id);
  if (uuid === null) throw new Error(`Not a job id: ${id}`);
  return uuid;
}

/** Time is the database's, so tests move the row's times instead of the clock: these instants are now in the past. */
export async function makeOverdue(
  database: TestDatabase,
  id: string,
  column: "lease_expires_at" | "deadline_at" | "run_at" | "expires_at",
) {
  const { sql } = database;
  // A deadline that has passed means a lease that has, too: leases end at the latest 2 s after their attempt's deadline.
  const columns = column === "deadline_at" ? ["deadline_at", "lease_expires_at"] : [column];
  for (const name of columns) await sql`update millrace.jobs set ${sql(name)} = now() - interval '1 second' where id = ${uuidOf(id)}`;
}
