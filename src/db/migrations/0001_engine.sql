-- The engine's tables, and the two verbs that must be SQL functions: enqueue (users call it inside their own
-- transactions) and acquire (a concurrency limit needs a fresh snapshot after the queue's row is locked).
--
-- Unfinished jobs live in `jobs`, a small hot table. The one terminal transition of a job moves its row, in one
-- statement, to `finished_jobs`, which is partitioned by day: retention drops partitions instead of leaving dead rows.

create table millrace.workspaces (
  id integer primary key generated always as identity,
  name text not null unique check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  created_at timestamptz not null default now()
);
insert into millrace.workspaces (name) values ('default');

create sequence millrace.id_counter cycle maxvalue 16777215 minvalue 0;

-- UUID version 7 (RFC 9562 §6.2, method 1): 48 bits of milliseconds, 24 bits of a counter, 48 random bits.
-- The counter makes ids of one batch sort in the order in which they were enqueued: an id is a job's age.
create function millrace.uuid_v7() returns uuid language sql volatile parallel safe as $$
  select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
    || '7' || substr(counter, 1, 3) || '8' || substr(counter, 4, 3)
    || right(gen_random_uuid()::text, 12))::uuid
  from (select lpad(to_hex(nextval('millrace.id_counter')), 6, '0') as counter) as c
$$;

-- Whether a backoff can be computed with. A job whose backoff cannot would fail the statement that settles or rescues it,
-- and everybody else's jobs in the same statement with it. Fields that are missing have defaults.
create function millrace.is_backoff(p_backoff jsonb) returns boolean language sql immutable parallel safe as $$
  select case
    when jsonb_typeof(p_backoff) <> 'object' or coalesce(p_backoff ->> 'type', 'exponential') not in ('exponential', 'linear', 'fixed')
      or jsonb_typeof(coalesce(p_backoff -> 'baseSeconds', '1')) <> 'number' or jsonb_typeof(coalesce(p_backoff -> 'capSeconds', '60')) <> 'number'
      or jsonb_typeof(coalesce(p_backoff -> 'jitter', 'true')) <> 'boolean' then false
    else coalesce((p_backoff ->> 'baseSeconds')::double precision, 1) between 0 and 86400
      and coalesce((p_backoff ->> 'capSeconds')::double precision, 60) between 0 and 604800 end
$$;

create table millrace.queues (
  workspace_id integer not null references millrace.workspaces,
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  mode text not null default 'pull' check (mode in ('push', 'pull')),
  concurrency integer check (concurrency >= 1),
  paused boolean not null default false,
  default_max_attempts smallint not null default 3 check (default_max_attempts between 1 and 100),
  default_backoff jsonb check (millrace.is_backoff(default_backoff)),
  default_timeout_seconds double precision not null default 3600 check (default_timeout_seconds between 1 and 604800),
  retention_seconds integer not null default 604800 check (retention_seconds >= 60),
  created_at timestamptz not null default now(),
  primary key (workspace_id, name)
);

create table millrace.jobs (
  id uuid primary key,
  workspace_id integer not null,
  queue text not null,
  kind text not null check (kind ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  state text not null check (state in ('scheduled', 'queued', 'running', 'blocked')),
  priority smallint not null check (priority between -100 and 100),
  attempt smallint not null default 0 check (attempt >= 0 and attempt <= max_attempts),
  max_attempts smallint not null check (max_attempts between 1 and 100),
  execution integer not null default 0, -- leases ever granted; never reset, so log positions stay unique
  -- Neither infinite nor of five-digit years: no RFC 3339 time says those.
  run_at timestamptz not null check (run_at >= '1900-01-01 00:00:00+00' and run_at < '10000-01-01 00:00:00+00'),
  created_at timestamptz not null,
  ttl_seconds double precision check (ttl_seconds > 0),
  expires_at timestamptz,
  timeout_seconds double precision not null check (timeout_seconds > 0 and timeout_seconds <= 604800),
  backoff jsonb check (millrace.is_backoff(backoff)), -- null: exponential, base 1 s, cap 60 s, jitter
  payload jsonb not null,
  unique_key text check (length(unique_key) between 1 and 256),
  tags text[],
  labels jsonb,
  traceparent text,
  lease_token uuid,
  lease_seconds double precision,
  lease_expires_at timestamptz,
  deadline_at timestamptz,
  runner_id text,
  started_at timestamptz,
  cancel_requested_at timestamptz,
  progress double precision not null default 0 check (progress between 0 and 1),
  progress_message text,
  error jsonb,
  check ((state = 'running') = (lease_token is not null)),
  check ((lease_token is null) = (lease_expires_at is null)),
  check ((lease_token is null) = (deadline_at is null)),
  check (state = 'running' or cancel_requested_at is null),
  check ((ttl_seconds is null) = (expires_at is null))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- At most one unfinished job per queue and unique key: finished ones are not in this table.
create unique index jobs_unique_key on millrace.jobs (workspace_id, queue, unique_key) where unique_key is not null;
-- The order in which acquire hands out: priority, then age.
create index jobs_ready on millrace.jobs (workspace_id, queue, priority desc, id) where state = 'queued';
create index jobs_running on millrace.jobs (workspace_id, queue) where state = 'running';
create index jobs_lease_expiry on millrace.jobs (lease_expires_at) where state = 'running';
create index jobs_due on millrace.jobs (run_at) where state = 'scheduled';
-- Once a job was leased its time to live is no concern: retries must not pile up at the front of this index.
create index jobs_expiry on millrace.jobs (expires_at) where expires_at is not null and execution = 0;

create table millrace.finished_jobs (
  id uuid not null,
  workspace_id integer not null,
  queue text not null,
  kind text not null,
  state text not null check (state in ('completed', 'failed', 'cancelled')),
  priority smallint not null,
  attempt smallint not null,
  max_attempts smallint not null,
  execution integer not null,
  run_at timestamptz not null,
  created_at timestamptz not null,
  ttl_seconds double precision,
  timeout_seconds double precision not null,
  backoff jsonb,
  payload jsonb not null,
  unique_key text,
  tags text[],
  labels jsonb,
  traceparent text,
  lease_token uuid, -- of the last attempt: settling it again is answered from here
  runner_id text,
  started_at timestamptz,
  progress double precision not null,
  progress_message text,
  error jsonb,
  finished_at timestamptz not null,
  outcome text check (outcome in ('completed', 'failed', 'cancelled', 'lost', 'timeout')), -- of the last attempt; null: it ended before it
  result jsonb,
  result_version integer not null default 1,
  result_edited_by text,
  result_at timestamptz,
  usage jsonb,
  primary key (id, finished_at),
  check ((lease_token is null) = (outcome is null)),
  check (state <> 'completed' or outcome = 'completed')
) partition by range (finished_at);
create index finished_jobs_by_queue on millrace.finished_jobs (workspace_id, queue, finished_at);
create table millrace.finished_jobs_default partition of millrace.finished_jobs default;

-- Attempts that ended before their job did. The last attempt is part of the job's own row, so that a job that
-- succeeds at once costs no row here.
create table millrace.attempts (
  job_id uuid not null,
  execution integer not null,
  number smallint not null,
  lease_token uuid not null,
  outcome text not null check (outcome in ('completed', 'failed', 'cancelled', 'lost', 'timeout', 'released')),
  runner_id text,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  error jsonb,
  usage jsonb,
  primary key (job_id, execution)
);

create table millrace.job_logs (
  job_id uuid not null,
  seq bigint not null, -- (execution − 1) · 10⁹ + the runner's own number
  at timestamptz not null,
  stream text not null check (stream in ('stdout', 'stderr', 'event')),
  line text not null,
  primary key (job_id, seq)
);

create table millrace.uploads (
  id uuid primary key default millrace.uuid_v7(),
  workspace_id integer not null references millrace.workspaces,
  name text not null check (length(name) between 1 and 255),
  content_type text not null,
  size_bytes bigint not null check (size_bytes >= 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  blob_key text not null unique,
  created_at timestamptz not null default now()
);

create table millrace.artifacts (
  job_id uuid not null,
  name text not null check (length(name) between 1 and 255),
  upload_id uuid not null references millrace.uploads on delete cascade,
  created_at timestamptz not null default now(),
  primary key (job_id, name)
);
create index artifacts_upload on millrace.artifacts (upload_id);

-- Earlier versions of edited results; the current one is on the job.
create table millrace.result_versions (
  job_id uuid not null,
  version integer not null,
  result jsonb,
  edited_by text,
  created_at timestamptz not null,
  primary key (job_id, version)
);

create table millrace.runners (
  workspace_id integer not null references millrace.workspaces,
  id text not null check (length(id) between 1 and 128),
  queues text[] not null,
  kinds text[],
  labels jsonb not null default '{}',
  capacity jsonb,
  metrics jsonb,
  draining boolean not null default false,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  primary key (workspace_id, id)
);

-- API keys and dashboard sessions: only the SHA-256 of a key is stored (keys are random, so it needs no salt).
create table millrace.api_keys (
  id uuid primary key default millrace.uuid_v7(),
  workspace_id integer not null references millrace.workspaces,
  name text not null,
  scopes text[] not null check (scopes <@ array['admin', 'submit', 'read', 'runner'] and cardinality(scopes) > 0),
  hash text not null unique check (hash ~ '^[0-9a-f]{64}$'),
  session_of uuid references millrace.api_keys on delete cascade,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at timestamptz,
  check (session_of is null or expires_at is not null)
);

create table millrace.idempotency_keys (
  workspace_id integer not null references millrace.workspaces,
  key text not null check (length(key) between 1 and 255),
  request_hash text not null,
  status smallint, -- null while the request runs
  response jsonb,
  created_at timestamptz not null default now(),
  primary key (workspace_id, key)
);
create index idempotency_keys_age on millrace.idempotency_keys (created_at);

-- Jobs by queue and state, kept by statement triggers so that metrics never count rows. Writers only append deltas
-- (no row is contended); the cron tick folds them into the totals.
create table millrace.job_counts (
  workspace_id integer not null,
  queue text not null,
  state text not null,
  jobs bigint not null,
  primary key (workspace_id, queue, state)
);
create table millrace.job_count_deltas (
  workspace_id integer not null,
  queue text not null,
  state text not null,
  jobs bigint not null
);

create function millrace.count_inserted() returns trigger language plpgsql as $$
begin
  insert into millrace.job_count_deltas
  select workspace_id, queue, state, count(*) from new_rows group by 1, 2, 3;
  return null;
end $$;
create function millrace.count_deleted() returns trigger language plpgsql as $$
begin
  insert into millrace.job_count_deltas
  select workspace_id, queue, state, -count(*) from old_rows group by 1, 2, 3;
  return null;
end $$;
create function millrace.count_updated() returns trigger language plpgsql as $$
begin
  insert into millrace.job_count_deltas
  select workspace_id, queue, state, sum(n) from (
    select workspace_id, queue, state, 1 as n from new_rows
    union all select workspace_id, queue, state, -1 from old_rows
  ) as changes group by 1, 2, 3 having sum(n) <> 0;
  return null;
end $$;
create trigger count_inserted after insert on millrace.jobs referencing new table as new_rows
  for each statement execute function millrace.count_inserted();
create trigger count_deleted after delete on millrace.jobs referencing old table as old_rows
  for each statement execute function millrace.count_deleted();
create trigger count_updated after update on millrace.jobs referencing old table as old_rows new table as new_rows
  for each statement execute function millrace.count_updated();
create trigger count_inserted after insert on millrace.finished_jobs referencing new table as new_rows
  for each statement execute function millrace.count_inserted();
create trigger count_deleted after delete on millrace.finished_jobs referencing old table as old_rows
  for each statement execute function millrace.count_deleted();

-- Makes the partitions of finished_jobs from yesterday to `days` ahead. A day whose rows already went to the default
-- partition stays there: it is pruned by deleting.
create function millrace.ensure_partitions(days integer default 7) returns void language plpgsql as $$
declare
  day date;
begin
  perform pg_advisory_xact_lock(hashtext('millrace.ensure_partitions'));
  for day in select generate_series(current_date - 1, current_date + days, interval '1 day')::date loop
    if to_regclass(format('millrace.finished_jobs_%s', to_char(day, 'YYYYMMDD'))) is null then
      begin
        execute format('create table millrace.finished_jobs_%s partition of millrace.finished_jobs for values from (%L) to (%L)',
          to_char(day, 'YYYYMMDD'), day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
      exception when check_violation then null;
      end;
    end if;
  end loop;
end $$;
select millrace.ensure_partitions();

-- Enqueues an array of jobs, all or nothing, in order. `p_jobs` was validated by the caller; `p_queues` names the queues
-- used, [{name, mode}], made on first use. A unique key that an unfinished job already holds answers that job,
-- created = false. With `p_key` the answer is stored in the same transaction and replayed for the same `p_hash`.
create function millrace.enqueue_many(p_workspace integer, p_jobs jsonb, p_queues jsonb, p_key text default null, p_hash text default null)
returns table (ordinal bigint, id uuid, created boolean, replayed boolean, state text, run_at timestamptz, created_at timestamptz,
  max_attempts smallint, timeout_seconds double precision, backoff jsonb)
-- The planner takes any JSON array for 100 rows and would join 10,000 by nested loops.
language plpgsql set enable_nestloop = off as $$
#variable_conflict use_column
declare
  stored record;
  answer jsonb;
begin
  if p_key is not null then
    insert into millrace.idempotency_keys as k (workspace_id, key, request_hash) values (p_workspace, p_key, p_hash)
    on conflict (workspace_id, key) do update set request_hash = excluded.request_hash, status = null, response = null, created_at = now()
      where k.created_at < now() - interval '24 hours';
    if not found then
      select k.request_hash, k.response into stored from millrace.idempotency_keys k where k.workspace_id = p_workspace and k.key = p_key;
      if stored.request_hash <> p_hash then
        raise exception 'idempotency_mismatch' using errcode = 'MR001';
      end if;
      if stored.response is null then
        raise exception 'idempotency_in_progress' using errcode = 'MR002';
      end if;
      return query select r.ordinal, r.id, r.created, true, r.state, r.run_at, r.created_at, r.max_attempts, r.timeout_seconds, r.backoff
        from jsonb_to_recordset(stored.response) as r (ordinal bigint, id uuid, created boolean, state text, run_at timestamptz,
          created_at timestamptz, max_attempts smallint, timeout_seconds double precision, backoff jsonb) order by r.ordinal;
      return;
    end if;
  end if;

  if p_key is not null then
    select jsonb_agg(to_jsonb(r)) into answer from millrace.enqueue_many(p_workspace, p_jobs, p_queues) as r;
    update millrace.idempotency_keys k set response = answer, status = 201 where k.workspace_id = p_workspace and k.key = p_key;
    return query select r.ordinal, r.id, r.created, false, r.state, r.run_at, r.created_at, r.max_attempts, r.timeout_seconds, r.backoff
      from jsonb_to_recordset(answer) as r (ordinal bigint, id uuid, created boolean, state text, run_at timestamptz,
        created_at timestamptz, max_attempts smallint, timeout_seconds double precision, backoff jsonb) order by r.ordinal;
    return;
  end if;

  insert into millrace.queues (workspace_id, name, mode)
  select p_workspace, q.name, q.mode from jsonb_to_recordset(p_queues) as q (name text, mode text)
  where not exists (select from millrace.queues e where e.workspace_id = p_workspace and e.name = q.name)
  on conflict do nothing;

  return query
  with input as materialized (
    select t.ordinal, millrace.uuid_v7() as id, t.queue, t.kind, -- A JSON null arrives as SQL null: callers leave no payload out.
      coalesce(t.payload, 'null') as payload, coalesce(t.priority, 0::smallint) as priority,
      coalesce(t.run_at, now() + t.delay_seconds * interval '1 second', now()) as run_at, t.max_attempts, t.backoff, t.timeout_seconds,
      t.ttl_seconds, t.unique_key, t.twin, t.tags, t.labels, t.traceparent
    from rows from (jsonb_to_recordset(p_jobs) as (queue text, kind text, payload jsonb, priority smallint, run_at timestamptz,
      delay_seconds double precision, max_attempts smallint, backoff jsonb, timeout_seconds double precision, ttl_seconds double precision,
      unique_key text, twin bigint, tags text[], labels jsonb, traceparent text)) with ordinality
      as t (queue, kind, payload, priority, run_at, delay_seconds, max_attempts, backoff, timeout_seconds, ttl_seconds, unique_key, twin, tags, labels, traceparent, ordinal)
  ), job as materialized (
    select i.ordinal, i.id, i.queue, i.kind, i.payload, i.priority, i.run_at, i.ttl_seconds, i.unique_key, i.twin, i.tags, i.labels, i.traceparent,
      case when i.run_at > now() then 'scheduled' else 'queued' end as state,
      coalesce(i.max_attempts, q.default_max_attempts) as max_attempts, coalesce(i.timeout_seconds, q.default_timeout_seconds) as timeout_seconds,
      coalesce(i.backoff, q.default_backoff) as backoff
    from input i join millrace.queues q on q.workspace_id = p_workspace and q.name = i.queue
  ), stored as (
    -- Updating the row that holds the unique key, to what it is, both locks it and returns it.
    insert into millrace.jobs as j (id, workspace_id, queue, kind, state, priority, max_attempts, run_at, created_at, ttl_seconds, expires_at,
      timeout_seconds, backoff, payload, unique_key, tags, labels, traceparent)
    select i.id, p_workspace, i.queue, i.kind, i.state, i.priority, i.max_attempts, i.run_at, now(), i.ttl_seconds,
      now() + i.ttl_seconds * interval '1 second', i.timeout_seconds, i.backoff, i.payload, i.unique_key, i.tags, i.labels, i.traceparent
    from job i where i.twin is null order by i.unique_key nulls first, i.queue, i.id
    on conflict (workspace_id, queue, unique_key) where unique_key is not null do update set unique_key = excluded.unique_key
    returning j.id, j.queue, j.unique_key, j.state, j.run_at, j.created_at, j.max_attempts, j.timeout_seconds, j.backoff
  )
  select i.ordinal, i.id, true, false, i.state, i.run_at, now(), i.max_attempts, i.timeout_seconds, i.backoff from job i where i.unique_key is null
  union all
  select i.ordinal, s.id, s.id = i.id, false, s.state, s.run_at, s.created_at, s.max_attempts, s.timeout_seconds, s.backoff
  from job i join stored s on s.queue = i.queue and s.unique_key = i.unique_key where i.unique_key is not null and s.unique_key is not null
  order by 1;
end $$;

-- A job's id as the API writes it: a TypeID, "job_" and the UUID in 26 base-32 characters.
create function millrace.job_id(p_id uuid) returns text language plpgsql immutable strict parallel safe as $$
declare
  bits text := '00' || (select string_agg(get_byte(uuid_send(p_id), b)::bit(8)::text, '' order by b) from generate_series(0, 15) as b);
  suffix text := '';
begin
  for i in 0..25 loop
    suffix := suffix || substr('0123456789abcdefghjkmnpqrstvwxyz', substr(bits, i * 5 + 1, 5)::bit(5)::integer + 1, 1);
  end loop;
  return 'job_' || suffix;
end $$;

-- Enqueues one job inside the caller's own transaction and answers its id: select millrace.enqueue('{"queue": "mail",
-- "kind": "command", "payload": {"to": "a@example.org"}}'). Fields as POST /api/v1/jobs; unknown ones are refused.
create function millrace.enqueue(p_job jsonb, p_workspace text default 'default') returns text language plpgsql as $$
declare
  known constant text[] := array['queue', 'kind', 'payload', 'priority', 'runAt', 'delaySeconds', 'maxAttempts', 'backoff', 'timeoutSeconds', 'ttlSeconds', 'uniqueKey', 'tags', 'requires'];
  stranger text;
  workspace integer;
  queue_name text := coalesce(p_job ->> 'queue', 'default');
  job_kind text := p_job ->> 'kind';
  new_id uuid;
begin
  if jsonb_typeof(p_job) is distinct from 'object' then
    raise exception 'millrace.enqueue: expected a JSON object, got %', coalesce(jsonb_typeof(p_job), 'null') using errcode = '22023';
  end if;
  select key into stranger from jsonb_object_keys(p_job) as key where key <> all (known) limit 1;
  if stranger is not null then
    raise exception 'millrace.enqueue: unknown field "%"', stranger using errcode = '22023', hint = 'Known fields: ' || array_to_string(known, ', ');
  end if;
  if queue_name !~ '^[a-z0-9][a-z0-9._-]{0,62}$' or job_kind is null or job_kind !~ '^[a-z0-9][a-z0-9._-]{0,62}$' then
    raise exception 'millrace.enqueue: queue and kind are names of 1-63 characters of a-z, 0-9, ".", "_" and "-", got "%" and "%"', queue_name, coalesce(job_kind, 'null') using errcode = '22023';
  end if;
  if p_job ? 'runAt' and p_job ? 'delaySeconds' then
    raise exception 'millrace.enqueue: give runAt or delaySeconds, not both' using errcode = '22023';
  end if;
  if (p_job -> 'requires') - 'labels' is distinct from '{}'::jsonb and p_job ? 'requires' then
    raise exception 'millrace.enqueue: only requires.labels is built yet' using errcode = '0A000';
  end if;
  if octet_length((p_job -> 'payload')::text) > 262144 then
    raise exception 'millrace.enqueue: the payload is larger than 256 KiB' using errcode = '22023';
  end if;
  select w.id into workspace from millrace.workspaces w where w.name = p_workspace;
  if workspace is null then
    raise exception 'millrace.enqueue: there is no workspace "%"', p_workspace using errcode = '22023';
  end if;
  select e.id into new_id from millrace.enqueue_many(workspace,
    jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('queue', queue_name, 'kind', job_kind, 'priority', p_job -> 'priority',
      'run_at', p_job -> 'runAt', 'delay_seconds', p_job -> 'delaySeconds', 'max_attempts', p_job -> 'maxAttempts', 'backoff', p_job -> 'backoff',
      'timeout_seconds', p_job -> 'timeoutSeconds', 'ttl_seconds', p_job -> 'ttlSeconds', 'unique_key', p_job -> 'uniqueKey', 'tags', p_job -> 'tags',
      'labels', nullif(p_job #> '{requires,labels}', '{}'))) || jsonb_build_object('payload', coalesce(p_job -> 'payload', '{}'))),
    jsonb_build_array(jsonb_build_object('name', queue_name, 'mode', case when job_kind = 'http' then 'push' else 'pull' end))) as e;
  perform pg_notify('millrace_queue', workspace || ':' || queue_name);
  return millrace.job_id(new_id);
end $$;

-- Leases up to `p_max` ready jobs by priority, then age. A runner (`p_runner` set) takes from `p_queues`, which come into
-- being as pull queues; it leaves the kinds that consumers handle (`p_push_kinds`) to them in push queues. A consumer
-- (`p_runner` null) takes those kinds from every push queue of every workspace.
--
-- A queue with a concurrency limit has its row locked first and its running jobs counted by the next statement, whose
-- snapshot is later than the lock: the limit is never overshot, however many acquire at once. Other queues take no lock.
create function millrace.acquire(p_workspace integer, p_runner text, p_queues text[], p_kinds text[], p_push_kinds text[], p_max integer,
  p_lease_seconds double precision, p_labels jsonb default '{}', p_capacity jsonb default null)
returns setof millrace.jobs language plpgsql as $$
declare
  q record;
  names text[] := '{}';
  workspaces integer[] := '{}';
  modes text[] := '{}';
  rooms integer[] := '{}';
  room integer;
  is_draining boolean;
begin
  if p_runner is not null then
    insert into millrace.runners as r (workspace_id, id, queues, kinds, labels, capacity) values (p_workspace, p_runner, p_queues, p_kinds, p_labels, p_capacity)
    on conflict (workspace_id, id) do update set queues = excluded.queues, kinds = excluded.kinds, labels = excluded.labels,
      capacity = excluded.capacity, last_seen_at = now()
      where r.last_seen_at < now() - interval '5 seconds' or (r.queues, r.kinds, r.labels, r.capacity) is distinct from (excluded.queues, excluded.kinds, excluded.labels, excluded.capacity);
    select r.draining into is_draining from millrace.runners r where r.workspace_id = p_workspace and r.id = p_runner;
    if is_draining then return; end if;
    insert into millrace.queues (workspace_id, name)
    select p_workspace, n from unnest(p_queues) as n
    where not exists (select from millrace.queues e where e.workspace_id = p_workspace and e.name = n)
    on conflict do nothing;
  end if;

  for q in
    select e.workspace_id, e.name, e.mode, e.concurrency from millrace.queues e
    where not e.paused and case when p_runner is null then e.mode = 'push' else e.workspace_id = p_workspace and e.name = any (p_queues) end
    order by e.workspace_id, e.name
  loop
    room := p_max;
    if q.concurrency is not null then
      select e.concurrency into room from millrace.queues e where e.workspace_id = q.workspace_id and e.name = q.name and not e.paused for update;
      select coalesce(room, 0) - count(*) into room from millrace.jobs j
      where j.workspace_id = q.workspace_id and j.queue = q.name and j.state = 'running';
      room := least(room, p_max);
      continue when room <= 0;
    end if;
    workspaces := workspaces || q.workspace_id;
    names := names || q.name;
    modes := modes || q.mode;
    rooms := rooms || room;
  end loop;

  return query
  with ready as (
    select c.id from unnest(workspaces, names, modes, rooms) as source (workspace_id, name, mode, room)
    cross join lateral (
      select j.id, j.priority from millrace.jobs j
      where j.workspace_id = source.workspace_id and j.queue = source.name and j.state = 'queued'
        and (p_kinds is null or j.kind = any (p_kinds))
        and (source.mode = 'pull' or (j.kind = any (p_push_kinds)) = (p_runner is null))
        and (j.labels is null or j.labels <@ p_labels)
        and (j.expires_at is null or j.execution > 0 or j.expires_at > now())
      order by j.priority desc, j.id limit source.room for update skip locked
    ) as c
    order by c.priority desc, c.id limit p_max
  )
  update millrace.jobs j set state = 'running', attempt = j.attempt + 1, execution = j.execution + 1, lease_token = gen_random_uuid(),
    lease_seconds = p_lease_seconds, runner_id = p_runner, started_at = clock.now, progress = 0, progress_message = null, error = null,
    deadline_at = clock.now + j.timeout_seconds * interval '1 second',
    -- A lease ends a little after the attempt's deadline, so that the runner's own timeout is heard first.
    lease_expires_at = clock.now + least(p_lease_seconds, j.timeout_seconds + 2) * interval '1 second'
  -- Not now(): this call may have waited for a queue's lock, and time spent waiting is no part of the lease.
  from ready, (select clock_timestamp() as now) as clock where j.id = ready.id
  returning j.*;
end $$;

-- One read shape for unfinished and finished jobs.
create view millrace.all_jobs as
select id, workspace_id, queue, kind, state, priority, attempt, max_attempts, execution, run_at, created_at, ttl_seconds, timeout_seconds, backoff,
  payload, unique_key, tags, labels, traceparent, lease_token, runner_id, started_at, lease_expires_at, cancel_requested_at, progress,
  progress_message, error, null::timestamptz as finished_at, null::text as outcome, null::jsonb as result, 1 as result_version, null::jsonb as usage
from millrace.jobs
union all
select id, workspace_id, queue, kind, state, priority, attempt, max_attempts, execution, run_at, created_at, ttl_seconds, timeout_seconds, backoff,
  payload, unique_key, tags, labels, traceparent, lease_token, runner_id, started_at, null::timestamptz, null::timestamptz, progress,
  progress_message, error, finished_at, outcome, result, result_version, usage
from millrace.finished_jobs;

-- Drops the day partitions in which every queue's retention has passed, with what hangs off their jobs.
create function millrace.drop_old_partitions() returns integer language plpgsql as $$
declare
  part record;
  dropped integer := 0;
  keep interval;
begin
  select coalesce(max(retention_seconds), 604800) * interval '1 second' into keep from millrace.queues;
  for part in
    select c.oid::regclass as name, to_date(right(c.relname, 8), 'YYYYMMDD') as day from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'millrace.finished_jobs'::regclass and c.relname ~ '^finished_jobs_\d{8}$'
  loop
    continue when (part.day + 1)::timestamp at time zone 'UTC' >= now() - keep;
    -- First of all the lock: a job that is retried by hand meanwhile must not be counted out twice.
    execute format('lock table %s in access exclusive mode', part.name);
    execute format('insert into millrace.job_count_deltas select workspace_id, queue, state, -count(*) from %s group by 1, 2, 3', part.name);
    execute format('delete from millrace.job_logs l using %s p where l.job_id = p.id', part.name);
    execute format('delete from millrace.attempts a using %s p where a.job_id = p.id', part.name);
    execute format('delete from millrace.artifacts a using %s p where a.job_id = p.id', part.name);
    execute format('delete from millrace.result_versions v using %s p where v.job_id = p.id', part.name);
    execute format('drop table %s', part.name);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;
