-- What users say of insights, and a version of each insight that every change moves, whoever makes it.

create table insight_feedback (
  id uuid not null default gen_random_uuid(),
  tenant_id int not null references tenant,
  insight_id text not null check (char_length(insight_id) between 1 and 100),
  user_id text not null check (char_length(user_id) between 1 and 100),
  rating smallint check (rating between 1 and 5),
  comment text check (char_length(comment) between 1 and 1000),
  flag_type text check (flag_type in ('inaccurate', 'misleading', 'spam')),
  flag_reason text check (char_length(flag_reason) between 1 and 500),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now() check (updated_at >= created_at),
  primary key (tenant_id, insight_id, user_id),
  check (num_nonnulls(rating, comment, flag_type) > 0),
  check (flag_reason is null or flag_type is not null)
);
create index insight_feedback_comments on insight_feedback (tenant_id, insight_id, created_at desc) where comment is not null;
create index insight_feedback_user on insight_feedback (tenant_id, user_id, created_at desc);
-- For retention. By the first instant of a row, which never changes: an index on updated_at would be written with every change.
create index insight_feedback_created on insight_feedback (created_at);

create table insight_version (
  tenant_id int not null references tenant,
  insight_id text not null,
  -- Rises with each change of the insight's feedback, in the transaction that makes it: a microsecond of the clock, so that a restored
  -- database cannot give a number that something else had. Rows stay when the feedback goes.
  version bigint not null,
  primary key (tenant_id, insight_id)
);

-- Changes of one insight commit one after the other by its row's lock; a transaction takes that lock last.
create function move_insight_version() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  insert into public.insight_version (tenant_id, insight_id, version)
    values (coalesce(new.tenant_id, old.tenant_id), coalesce(new.insight_id, old.insight_id), extract(epoch from clock_timestamp()) * 1000000)
    on conflict (tenant_id, insight_id)
    do update set version = greatest(insight_version.version + 1, extract(epoch from clock_timestamp()) * 1000000);
  return null;
end
$$;
revoke all on function move_insight_version() from public;
create trigger move_version after insert or update or delete on insight_feedback
  for each row execute function move_insight_version();

alter table insight_feedback enable row level security;
alter table insight_feedback force row level security;
create policy tenant_isolation on insight_feedback
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

alter table insight_version enable row level security;
alter table insight_version force row level security;
create policy tenant_isolation on insight_version
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));
