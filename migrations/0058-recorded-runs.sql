-- Runs over a tenant's month of log and chunks: archiving and bringing back. Each is recorded before it begins; see docs/storage.md.

-- The run that is on its way with a tenant's month. Compaction leaves the month alone meanwhile. Whoever else changes the month deletes this row in
-- the same transaction, and the run then ends without effect.
create table archiving (
  tenant_id int not null references tenant,
  month date not null check (extract(day from month) = 1),
  run uuid not null default gen_random_uuid(),
  kind text not null check (kind in ('archive', 'bring back')),
  -- The gate: rows of the log below it, by row comparison, belong to the run.
  era smallint not null,
  xid xid8 not null,
  started_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, month)
);

-- The content that is about to be the month's object. While this row is there, the object at the month's name is either the known one or this one.
create table archive_next (
  tenant_id int not null references tenant,
  month date not null check (extract(day from month) = 1),
  -- Its bytes are staging/<run>.parquet until they are copied.
  run uuid not null,
  -- The generation that the copy replaces; 0 when there is none.
  over_generation bigint not null check (over_generation >= 0),
  rows bigint not null check (rows > 0),
  min_ts timestamptz not null,
  max_ts timestamptz not null,
  size_bytes bigint not null check (size_bytes > 0),
  crc32c text not null check (length(crc32c) = 8),
  content_sha256 bytea not null check (octet_length(content_sha256) = 32),
  primary key (tenant_id, month),
  check (min_ts <= max_ts),
  check (min_ts >= month::timestamp at time zone 'UTC' and max_ts < (month + interval '1 month') at time zone 'UTC')
);

alter table archive
  -- Every hour of the object that no row of the log touches has its roll-up in metric_hour.
  add column rolled_up boolean not null default false,
  -- When the month's first object was put in place: its replacements inherit it. Null for objects that were written before it was recorded.
  add column cold_since timestamptz;

do $$
declare
  name text;
begin
  foreach name in array array['archiving', 'archive_next'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format(
      'create policy tenant_isolation on %I using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::int))', name);
  end loop;
end
$$;
