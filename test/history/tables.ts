// Reads the tables for the history: a snapshot in the middle of a run, and everything at its end.
import { toId, toLeaseToken } from "../../src/contract/ids.ts";
import { instant } from "../../src/db/database.ts";
import type { FinalAttempt, FinalJob, FinalState, Sample } from "./history.ts";
import type { World } from "./world.ts";

export async function takeSample({ database: { sql }, recorder }: World): Promise<Sample> {
  const start = recorder.step();
  // One statement, so one snapshot.
  const [row] = await sql<{ running: Sample["running"] | null; shared: string[] | null; doubled: string[] | null }[]>`
    select (select jsonb_agg(r) from (
        select q.name as queue, count(j.id)::integer as running, q.concurrency from millrace.queues q
        left join millrace.jobs j on j.workspace_id = q.workspace_id and j.queue = q.name and j.state = 'running' group by 1, 3) as r) as running,
      (select jsonb_agg(k.key) from (
        select queue || ' ' || unique_key as key from millrace.jobs where unique_key is not null group by 1 having count(*) > 1) as k) as shared,
      (select jsonb_agg(d.id) from (select id from millrace.all_jobs group by 1 having count(*) > 1) as d) as doubled`;
  return {
    op: "sample",
    start,
    end: recorder.step(),
    running: row?.running ?? [],
    sharedKeys: row?.shared ?? [],
    doubledJobs: row?.doubled ?? [],
  };
}

type AttemptRow = {
  job_id: string;
  execution: number;
  number: number;
  lease_token: string;
  outcome: string;
  started_at: string;
  finished_at: string;
};
type JobRow = {
  id: string;
  queue: string;
  state: string;
  attempt: number;
  max_attempts: number;
  execution: number;
  unique_key: string | null;
  result: string | null;
  lease_token: string | null;
  outcome: string | null;
  progress_message: string | null;
  started_at: Date | null;
  finished_at: Date | null;
};

export async function readFinalState({ database: { sql } }: World): Promise<FinalState> {
  const jobs = await sql<
    JobRow[]
  >`select id, queue, state, attempt, max_attempts, execution, unique_key, result #>> '{}' as result, progress_message, lease_token, outcome, started_at, finished_at from millrace.all_jobs`;
  const attempts = await sql<
    AttemptRow[]
  >`select job_id, execution, number, lease_token, outcome, started_at, finished_at from millrace.attempts order by execution`;
  const logs = await sql<{ job_id: string; line: string }[]>`select job_id, line from millrace.job_logs order by seq`;
  const counted = await sql<Count[]>`select queue || ' ' || state as key, count(*)::integer as jobs from millrace.all_jobs group by 1`;
  const maintained = await sql<Count[]>`select queue || ' ' || state as key, sum(jobs)::integer as jobs from (
    select queue, state, jobs from millrace.job_counts union all select queue, state, jobs from millrace.job_count_deltas) as every group by 1`;
  const attemptsOf = Map.groupBy(attempts, (row) => row.job_id);
  const logsOf = Map.groupBy(logs, (row) => row.job_id);
  return {
    op: "final",
    jobs: jobs.map((row) =>
      toFinalJob(
        row,
        attemptsOf.get(row.id) ?? [],
        (logsOf.get(row.id) ?? []).map(({ line }) => line),
      ),
    ),
    counted: toRecord(counted),
    maintained: toRecord(maintained),
  };
}

type Count = { key: string; jobs: number };

function toRecord(counts: Count[]): Record<string, number> {
  return Object.fromEntries(counts.filter(({ jobs }) => jobs !== 0).map(({ key, jobs }) => [key, jobs]));
}

/** The attempts of the table, and after them the last one, which is part of the job's own row. */
function toFinalJob(row: JobRow, attempts: AttemptRow[], logLines: string[]): FinalJob {
  const all: FinalAttempt[] = attempts.map((one) => ({
    execution: one.execution,
    number: one.number,
    token: toLeaseToken(row.id, one.lease_token),
    outcome: one.outcome,
    startedAt: instant(one.started_at),
    finishedAt: instant(one.finished_at),
  }));
  if (row.lease_token && row.started_at) {
    all.push({
      execution: row.execution,
      number: row.attempt,
      token: toLeaseToken(row.id, row.lease_token),
      outcome: row.outcome ?? "running",
      startedAt: instant(row.started_at),
      finishedAt: instant(row.finished_at ?? row.started_at),
    });
  }
  return {
    id: toId("job", row.id),
    queue: row.queue,
    state: row.state,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    uniqueKey: row.unique_key,
    result: row.result,
    attempts: all,
    logLines,
    progressMessage: row.progress_message,
  };
}
