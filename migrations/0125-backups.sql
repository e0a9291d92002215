-- Runs of backups: weekly exports, and weekly verifications that a backup can be restored. Nothing in these tables belongs to a tenant.

create table backup_run (
  id uuid primary key default gen_random_uuid(),
  number bigint generated always as identity unique,
  kind text not null check (kind in ('export', 'verification')),
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  status text not null default 'in_progress' check (status in ('in_progress', 'success', 'failed')),
  -- The instance that is backed up, and the one that is made from its backup.
  instance text not null check (length(instance) between 1 and 98),
  test_instance text check (length(test_instance) between 1 and 98),
  backup_id text check (backup_id ~ '^[0-9]{1,19}$'),
  -- The finished steps of a verification, in order.
  steps jsonb not null default '[]',
  -- The object of an export.
  uri text check (uri ~ '^gs://'),
  bytes bigint check (bytes >= 0),
  crc32c text check (length(crc32c) = 8),
  error text check (length(error) <= 2000),
  check ((finished_at is null) = (status = 'in_progress')),
  check (octet_length(steps::text) <= 262144)
);
-- At most one run of a kind is open: a call that finds it resumes it.
create unique index backup_run_open on backup_run (kind) where finished_at is null;
create index backup_run_by_kind on backup_run (kind, number desc);
create index backup_run_by_end on backup_run (finished_at);

-- One row that monitoring moves each minute: a restored copy tells by it how old it is, and which rows it must have. Every transaction before
-- `horizon` had ended at that time.
create table backup_marker (
  one boolean primary key default true check (one),
  at timestamptz not null,
  lsn pg_lsn not null,
  horizon xid8 not null
);
