-- How much a tenant may store beside points: rows and bytes of each table that its requests write to.

create table tenant_usage (
  tenant_id int not null references tenant,
  -- The table that is counted.
  kind text not null,
  -- A tenant's count is the sum over its parts: sessions that write at a time seldom wait for one another's row.
  part smallint not null,
  row_count bigint not null,
  byte_count bigint not null,
  primary key (tenant_id, kind, part)
);

-- Where a tenant's limit is another than the default, which is in count_changed(); null: no limit.
create table tenant_quota (
  tenant_id int not null references tenant,
  kind text not null,
  max_rows bigint check (max_rows >= 0),
  max_bytes bigint check (max_bytes >= 0),
  primary key (tenant_id, kind)
);

alter table tenant_usage enable row level security;
alter table tenant_usage force row level security;
create policy tenant_isolation on tenant_usage
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

alter table tenant_quota enable row level security;
alter table tenant_quota force row level security;
create policy tenant_isolation on tenant_quota
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));

-- Counts the rows and bytes that a statement has added or removed, by tenant, and refuses what passes a quota with the code PQ001.
-- Transactions that are under way do not see each other's count: a quota may be passed by what they add at the same time. Dead letters of
-- no tenant count to none.
create function count_changed() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  bytes_of text := case tg_table_name
    when 'dead_letter' then 'octet_length(payload)' when 'idempotency_key' then 'octet_length(verdicts::text)' else '0' end;
  -- Defaults: where tenant_quota has a row of the tenant, that holds instead.
  default_rows bigint := case tg_table_name
    when 'dead_letter' then 100000 when 'idempotency_key' then 10000000 when 'insight_feedback' then 5000000
    when 'backfill_job' then 100000 when 'backfill_lease' then 2000000 end;
  default_bytes bigint := 1048576::bigint * case tg_table_name when 'dead_letter' then 256 when 'idempotency_key' then 2048 end;
  added record;
  used record;
  allowed record;
begin
  for added in execute format(
    'select tenant_id, count(*) as row_count, sum(%s)::bigint as byte_count from changed where tenant_id is not null group by 1 order by 1',
    bytes_of)
  loop
    insert into public.tenant_usage as u (tenant_id, kind, part, row_count, byte_count)
      values (added.tenant_id, tg_table_name, pg_backend_pid() % 8,
        case tg_op when 'DELETE' then -added.row_count else added.row_count end,
        case tg_op when 'DELETE' then -added.byte_count else added.byte_count end)
      on conflict (tenant_id, kind, part)
      do update set row_count = u.row_count + excluded.row_count, byte_count = u.byte_count + excluded.byte_count;
    continue when tg_op = 'DELETE';
    select sum(row_count) as row_count, sum(byte_count) as byte_count into used from public.tenant_usage
      where tenant_id = added.tenant_id and kind = tg_table_name;
    select max_rows, max_bytes into allowed from (
      select 0 as place, max_rows, max_bytes from public.tenant_quota where tenant_id = added.tenant_id and kind = tg_table_name
      union all select 1, default_rows, default_bytes order by place limit 1) q;
    if used.row_count > allowed.max_rows then
      raise exception '% rows in %', allowed.max_rows, tg_table_name using errcode = 'PQ001';
    end if;
    if used.byte_count > allowed.max_bytes then
      raise exception '% bytes in %', allowed.max_bytes, tg_table_name using errcode = 'PQ001';
    end if;
  end loop;
  return null;
end
$$;
revoke all on function count_changed() from public;

do $$
declare
  counted text;
begin
  foreach counted in array array['dead_letter', 'idempotency_key', 'insight_feedback', 'backfill_job', 'backfill_lease'] loop
    execute format('create trigger count_added after insert on public.%I referencing new table as changed
      for each statement execute function public.count_changed()', counted);
    execute format('create trigger count_removed after delete on public.%I referencing old table as changed
      for each statement execute function public.count_changed()', counted);
  end loop;
end
$$;

-- What is there already. The triggers above hold writers off until this commits.
insert into tenant_usage
  select tenant_id, 'dead_letter', 0, count(*), sum(octet_length(payload)) from dead_letter where tenant_id is not null group by 1
  union all select tenant_id, 'idempotency_key', 0, count(*), sum(octet_length(verdicts::text)) from idempotency_key group by 1
  union all select tenant_id, 'insight_feedback', 0, count(*), 0 from insight_feedback group by 1
  union all select tenant_id, 'backfill_job', 0, count(*), 0 from backfill_job group by 1
  union all select tenant_id, 'backfill_lease', 0, count(*), 0 from backfill_lease group by 1;
