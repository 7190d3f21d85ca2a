// Fills a database with as many jobs as a busy installation has, in one statement a table.
import type { TestDatabase } from "../../support/databases.ts";

/** Jobs that are due to be promoted, rescued, expired and pruned, of each. */
export const DUE = 20;

export type Fill = {
  /** Rows in jobs: 1 in 10 scheduled, 1 in 50 running, the rest queued. */
  unfinished: number;
  finished: number;
  /** Whether the planner's statistics are brought up to date; without, it plans for the empty table. */
  analyze: boolean;
};

export async function fill({ sql }: TestDatabase, { unfinished, finished, analyze }: Fill): Promise<void> {
  await sql`insert into millrace.queues (workspace_id, name, concurrency) select 1, 'queue-' || n, case when n = 1 then 1000000 end from generate_series(0, 9) as n`;
  await sql`insert into millrace.runners (workspace_id, id, queues) select 1, 'runner-' || n, array['queue-0'] from generate_series(0, 99) as n`;
  // Triggers would count; nobody reads the counts here.
  await sql`alter table millrace.jobs disable trigger user`;
  await sql`insert into millrace.jobs (id, workspace_id, queue, kind, state, priority, attempt, max_attempts, execution, run_at, created_at, ttl_seconds, expires_at,
      timeout_seconds, payload, unique_key, lease_token, lease_seconds, lease_expires_at, deadline_at, runner_id, started_at)
    select millrace.uuid_v7(), 1, 'queue-' || n % 10, 'chew', state, n % 5, (state = 'running')::integer, 3, (state = 'running')::integer,
      case when state = 'scheduled' then now() + n * interval '1 second' else now() end, now(), ttl, now() + ttl * interval '1 second',
      3600, '{"text": "some payload"}', case when n % 20 = 0 then 'key-' || n end, token, case when state = 'running' then 60 end,
      case when state = 'running' then now() + n * interval '1 millisecond' + interval '1 minute' end, case when state = 'running' then now() + interval '1 hour' end,
      'runner-' || n % 100, case when state = 'running' then now() end
    from (select n, case when n % 50 = 7 then 'running' when n % 10 = 3 then 'scheduled' else 'queued' end as state,
        case when n % 50 = 7 then gen_random_uuid() end as token, case when n % 3 = 0 then 3600 + n % 100 end as ttl
      from generate_series(1, ${unfinished}::integer) as n) as made`;
  await sql`alter table millrace.jobs enable trigger user`;
  await sql`alter table millrace.finished_jobs disable trigger user`;
  await sql`insert into millrace.finished_jobs (id, workspace_id, queue, kind, state, priority, attempt, max_attempts, execution, run_at, created_at, timeout_seconds,
      payload, lease_token, runner_id, started_at, progress, finished_at, outcome, result)
    select millrace.uuid_v7(), 1, 'queue-' || n % 10, 'chew', 'completed', 0, 1, 3, 1, now(), now(), 3600, '{"text": "some payload"}', gen_random_uuid(), 'runner-1', now(), 1,
      now() - (n / 10 % 2) * interval '24 hours', 'completed', '{}' from generate_series(1, ${finished}::integer) as n`;
  await sql`alter table millrace.finished_jobs enable trigger user`;
  // A little of everything that a sweep finds due.
  await sql`update millrace.jobs set run_at = now() - interval '1 minute' where id in (select id from millrace.jobs where state = 'scheduled' limit ${DUE})`;
  await sql`update millrace.jobs set lease_expires_at = now() - interval '1 minute' where id in (select id from millrace.jobs where state = 'running' limit ${DUE})`;
  await sql`update millrace.jobs set expires_at = now() - interval '1 minute' where id in (select id from millrace.jobs where state = 'queued' and ttl_seconds > 0 limit ${DUE})`;
  await sql`update millrace.finished_jobs set finished_at = now() - interval '8 days' where id in (select id from millrace.finished_jobs limit ${DUE})`;
  if (analyze) {
    await sql`analyze millrace.jobs`;
    await sql`analyze millrace.finished_jobs`;
  }
}
