-- What kept answers over closed ranges are checked against. A point that comes below the fence records an invalidation in its
-- transaction; whoever takes that away again, or erases what is stored, moves the tenant's version in the same transaction. So while
-- nothing is invalid and the version stays, nothing below the fence has changed; and writers of points do nothing for it.
create table answer_version (
  tenant_id int primary key references tenant,
  -- A microsecond of the clock, so that a restored database cannot give a number that something else had.
  version bigint not null
);

create function move_answer_version() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  insert into public.answer_version (tenant_id, version)
    select tenant_id, extract(epoch from clock_timestamp()) * 1000000 from gone group by 1 order by 1
    on conflict (tenant_id)
    do update set version = greatest(answer_version.version + 1, extract(epoch from clock_timestamp()) * 1000000);
  return null;
end
$$;
revoke all on function move_answer_version() from public;

create trigger move_version after delete on rollup_invalidation
  referencing old table as gone for each statement execute function move_answer_version();
create trigger move_version after delete on metric_point
  referencing old table as gone for each statement execute function move_answer_version();
create trigger move_version after delete on metric_rollup
  referencing old table as gone for each statement execute function move_answer_version();

-- What is invalid of a tenant's range, asked with the same cast and used for nothing else: questions about some series would be answered
-- from it too, and read more than they do from their own. Few writers pay for it: those of late points.
create index rollup_invalidation_tenant on rollup_invalidation ((tenant_id::bigint), bucket);

alter table answer_version enable row level security;
alter table answer_version force row level security;
create policy tenant_isolation on answer_version
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));
