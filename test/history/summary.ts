// What a run did, in numbers: a run that did nothing proves nothing.
import type { History } from "./history.ts";
import { readHistory } from "./read-history.ts";

export type Summary = {
  operations: number;
  jobs: number;
  leases: number;
  rescues: number;
  promotions: number;
  expiries: number;
  staleWritesRefused: number;
  settledAgain: number;
  replays: number;
  keysTaken: number;
  cancels: number;
  retries: number;
  samples: number;
};

export function summarise(history: History): Summary {
  const { calls, jobs, leases, samples } = readHistory(history);
  const stories = [...jobs.values()];
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const sweeps = calls.flatMap((call) => (call.op === "sweep" && call.answer ? [call.answer] : []));
  const beats = calls.flatMap((call) => (call.op === "heartbeat" && call.answer ? [call.answer.lost.length] : []));
  const lost = calls.flatMap((call) =>
    call.op === "settle" && call.answer ? [call.answer.items.filter(({ status }) => status === "lease_lost").length] : [],
  );
  const enqueues = calls.flatMap((call) => (call.op === "enqueue" && call.answer ? [call.answer] : []));
  return {
    operations: calls.length,
    jobs: stories.length,
    leases: leases.size,
    rescues: sum(sweeps.map(({ rescued }) => rescued)),
    promotions: sum(sweeps.map(({ promoted }) => promoted)),
    expiries: sum(sweeps.map(({ expired }) => expired)),
    staleWritesRefused: sum(beats) + sum(lost),
    settledAgain: sum([...leases.values()].map(({ settles }) => Math.max(0, settles.filter(({ status }) => status === "ok").length - 1))),
    replays: enqueues.filter(({ replayed }) => replayed).length,
    keysTaken: sum(enqueues.map(({ items, replayed }) => (replayed ? 0 : items.filter(({ created }) => !created).length))),
    cancels: sum(stories.map(({ cancels }) => cancels.length)),
    retries: sum(stories.map(({ retries }) => retries.length)),
    samples: samples.length,
  };
}
