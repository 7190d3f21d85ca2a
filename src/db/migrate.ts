// Brings a database to the newest schema. Forward only; safe to run twice and by several processes at once.
//
// Each migration is ONE statement: a DO block that takes an advisory lock, looks whether the migration is recorded,
// runs it and records it. So it is atomic over every driver, Neon's HTTP one included.

export type Migration = { name: string; sql: string };

/** Runs one SQL statement without parameters. */
export type Execute = (statement: string) => Promise<unknown>;

const LOCK_KEY = 77_017_001; // any number nobody else uses

const BOOTSTRAP = `do $do$ begin
  perform pg_advisory_xact_lock(${LOCK_KEY});
  create schema if not exists millrace;
  create table if not exists millrace.migrations (name text primary key, applied_at timestamptz not null default now());
end $do$`;

/** Applies what is missing, in the order of the names. */
export async function migrate(execute: Execute, migrations: readonly Migration[]): Promise<void> {
  await execute(BOOTSTRAP);
  for (const { name, sql } of [...migrations].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    await execute(`do $do$ begin
  perform pg_advisory_xact_lock(${LOCK_KEY});
  if not exists (select from millrace.migrations where name = '${name}') then
    execute $migration$${sql}$migration$;
    insert into millrace.migrations (name) values ('${name}');
  end if;
end $do$`);
  }
}
