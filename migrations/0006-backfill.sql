-- Backfill jobs, and the ranges of their blocks that workers hold.

create table backfill_job (
  tenant_id int not null references tenant,
  id uuid not null,
  job_type text not null check (char_length(job_type) between 1 and 50),
  start_block bigint not null check (start_block >= 0),
  end_block bigint not null,
  -- Every block before it is done.
  current_block bigint not null,
  status text not null default 'running' check (status in ('running', 'paused', 'completed', 'failed')),
  progress_percentage float8 not null default 0 check (progress_percentage between 0 and 100),
  estimated_completion timestamptz,
  error_message text check (char_length(error_message) <= 4000),
  started_at timestamptz not null default clock_timestamp(),
  completed_at timestamptz,
  created_by text check (char_length(created_by) between 1 and 100),
  version int not null default 1,
  -- Null: its client reports its progress. Else the first block that no worker was ever given: one more than the last there is.
  next_block numeric(20),
  -- Of the lease that was handed out last.
  fencing_token bigint not null default 0,
  -- When it was last set running, and how many of its blocks were done then: what its speed is measured from.
  running_since timestamptz not null default clock_timestamp(),
  running_from numeric(20) not null default 0,
  primary key (tenant_id, id),
  check (current_block between start_block and end_block),
  check (next_block between start_block and end_block::numeric + 1),
  check ((status in ('completed', 'failed')) = (completed_at is not null))
);
create index backfill_job_newest on backfill_job (tenant_id, started_at desc, id desc);
create index backfill_job_finished on backfill_job (completed_at) where completed_at is not null;

create table backfill_lease (
  tenant_id int not null,
  job_id uuid not null,
  start_block bigint not null,
  end_block bigint not null,
  -- Leased once and given back, or the rest of a range that was handed out in part: returned.
  state text not null check (state in ('leased', 'returned', 'done')),
  -- Null: a rest that nobody was given yet.
  lease_id uuid,
  fencing_token bigint not null check (fencing_token > 0),
  worker text not null check (char_length(worker) between 1 and 100),
  lease_seconds int not null check (lease_seconds > 0),
  -- When the range may be handed out, unless it is done.
  expires_at timestamptz not null,
  failures int not null default 0,
  primary key (tenant_id, job_id, start_block),
  foreign key (tenant_id, job_id) references backfill_job on delete cascade,
  unique (tenant_id, job_id, lease_id),
  check (start_block <= end_block)
);
create index backfill_lease_open on backfill_lease (tenant_id, job_id, start_block) where state <> 'done';

-- What no statement may do, whoever runs it. A change that a caller can see is another version.
create function keep_backfill_job() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if old.status in ('completed', 'failed') and new is distinct from old then
    raise exception 'backfill job % is %, for good', old.id, old.status using errcode = 'check_violation';
  end if;
  if (new.tenant_id, new.id, new.job_type, new.start_block, new.end_block, new.started_at, new.created_by)
    is distinct from (old.tenant_id, old.id, old.job_type, old.start_block, old.end_block, old.started_at, old.created_by)
  then
    raise exception 'what backfill job % is does not change', old.id using errcode = 'check_violation';
  end if;
  if new.current_block < old.current_block or new.fencing_token < old.fencing_token
    or new.next_block is null and old.next_block is not null or new.next_block < old.next_block
  then
    raise exception 'backfill job % does not go backwards', old.id using errcode = 'check_violation';
  end if;
  new.version := old.version;
  if (new.current_block, new.status, new.progress_percentage, new.estimated_completion, new.error_message, new.completed_at)
    is distinct from
    (old.current_block, old.status, old.progress_percentage, old.estimated_completion, old.error_message, old.completed_at)
  then
    new.version := old.version + 1;
  end if;
  return new;
end
$$;
revoke all on function keep_backfill_job() from public;
create trigger keep_backfill_job before update on backfill_job for each row execute function keep_backfill_job();

create function keep_backfill_lease() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if old.state = 'done' and new is distinct from old then
    raise exception 'blocks % to % are done, for good', old.start_block, old.end_block using errcode = 'check_violation';
  end if;
  if (new.tenant_id, new.job_id, new.start_block) is distinct from (old.tenant_id, old.job_id, old.start_block)
    or new.end_block > old.end_block
  then
    raise exception 'a range only becomes shorter' using errcode = 'check_violation';
  end if;
  if new.fencing_token < old.fencing_token
    or new.fencing_token = old.fencing_token and new.lease_id is distinct from old.lease_id
  then
    raise exception 'a new lease has a higher fencing token' using errcode = 'check_violation';
  end if;
  return new;
end
$$;
revoke all on function keep_backfill_lease() from public;
create trigger keep_backfill_lease before update on backfill_lease for each row execute function keep_backfill_lease();

alter table backfill_job enable row level security;
alter table backfill_job force row level security;
create policy tenant_isolation on backfill_job
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

alter table backfill_lease enable row level security;
alter table backfill_lease force row level security;
create policy tenant_isolation on backfill_lease
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));
