-- What the archive holds, and what it must not let go of.

create table archive (
  id bigint generated always as identity primary key,
  dataset text not null check (dataset in ('metrics', 'feedback', 'backfill_jobs')),
  tenant_id int not null references tenant,
  -- Of metrics: the month whose points of this tenant are all in the object.
  month date check (extract(day from month) = 1),
  -- In the archive's bucket, whatever that is called.
  name text not null check (name <> ''),
  generation bigint not null,
  rows bigint not null check (rows > 0),
  min_ts timestamptz not null,
  max_ts timestamptz not null,
  size_bytes bigint not null check (size_bytes > 0),
  -- As Cloud Storage has it: of the bytes. The other one is of the rows, however they are encoded.
  crc32c text not null check (length(crc32c) = 8),
  content_sha256 bytea not null check (octet_length(content_sha256) = 32),
  -- written: uploaded, and proves nothing. verified: read back, and equal; what a month's absence from the database rests on.
  -- replaced: another object contains it. expired: the end of cold storage.
  state text not null default 'written' check (state in ('written', 'verified', 'replaced', 'expired')),
  written_at timestamptz not null default clock_timestamp(),
  verified_at timestamptz,
  -- Whether the object carries a temporary hold.
  held boolean not null default false,
  -- The object is gone from storage.
  removed_at timestamptz,
  unique (name, generation),
  check (min_ts <= max_ts),
  check (state <> 'verified' or verified_at is not null),
  check (removed_at is null or state in ('replaced', 'expired')),
  check (
    dataset <> 'metrics' or month is not null
    and min_ts >= month::timestamp at time zone 'UTC' and max_ts < (month + interval '1 month') at time zone 'UTC'
  )
);
-- One object stands for a month of a tenant's points, and one at most is on the way to follow it.
create unique index archive_verified on archive (tenant_id, month) where dataset = 'metrics' and state = 'verified';
create unique index archive_written on archive (tenant_id, month) where dataset = 'metrics' and state = 'written';
create index archive_month on archive (month, tenant_id) where removed_at is null;

create table archive_hold (
  id bigint generated always as identity primary key,
  tenant_id int not null references tenant,
  dataset text not null check (dataset in ('metrics', 'feedback', 'backfill_jobs')),
  -- What lies in [from_ts, to_ts) is neither dropped nor expired while the hold is not released.
  from_ts timestamptz not null,
  to_ts timestamptz not null,
  reason text not null check (char_length(reason) between 1 and 1000),
  placed_by text not null check (placed_by <> ''),
  placed_at timestamptz not null default clock_timestamp(),
  released_by text check (released_by <> ''),
  released_at timestamptz,
  check (from_ts < to_ts),
  check ((released_by is null) = (released_at is null))
);
create index archive_hold_standing on archive_hold (tenant_id, dataset) where released_at is null;

-- When late points last brought the month back into the database.
alter table metric_month add column reopened_at timestamptz;

alter table archive enable row level security;
alter table archive force row level security;
create policy tenant_isolation on archive
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

alter table archive_hold enable row level security;
alter table archive_hold force row level security;
create policy tenant_isolation on archive_hold
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));
