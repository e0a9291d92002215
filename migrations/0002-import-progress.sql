-- How far an import of a file has come: written in the transaction that stores the points, so that the two never disagree.

create table import_progress (
  tenant_id int not null references tenant,
  -- Of the file's content, and of all that says how it is read.
  source_sha256 bytea not null check (octet_length(source_sha256) = 32),
  position_bytes bigint not null check (position_bytes >= 0),
  position_lines bigint not null check (position_lines >= 0),
  done boolean not null,
  -- What was read, stored and refused so far.
  report jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, source_sha256)
);
alter table import_progress enable row level security;
alter table import_progress force row level security;
create policy tenant_isolation on import_progress
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));
