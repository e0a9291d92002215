-- Deferred points have a quota like everything else that a tenant stores in addition to its points: a point of an archived month waits up to
-- a day for that month, and each time it is sent again it is another row. The default of a table is now an argument of its trigger, where
-- a command can read it: rows, and bytes (empty: no limit). A row of tenant_quota takes its place.
create or replace function count_changed() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
  bytes_of text := case tg_table_name
    when 'dead_letter' then 'octet_length(payload)' when 'idempotency_key' then 'octet_length(verdicts::text)' else '0' end;
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
      union all select 1, nullif(tg_argv[0], '')::bigint, nullif(tg_argv[1], '')::bigint order by place limit 1) q;
    if used.row_count > allowed.max_rows then
      raise exception '% %', allowed.max_rows,
        case tg_table_name when 'deferred_point' then 'points that wait for their months' else 'rows in ' || tg_table_name end
        using errcode = 'PQ001';
    end if;
    if used.byte_count > allowed.max_bytes then
      raise exception '% bytes in %', allowed.max_bytes, tg_table_name using errcode = 'PQ001';
    end if;
  end loop;
  return null;
end
$$;

-- What is stored already is counted anew. The owner sees the rows of all tenants only while row security is not forced upon it. The locks of
-- the triggers hold writers off until this commits.
alter table tenant_usage no force row level security;
delete from tenant_usage;
do $$
declare
  counted record;
begin
  for counted in
    select * from (values
      ('dead_letter', '100000', '268435456', 'octet_length(payload)'),
      ('idempotency_key', '10000000', '2147483648', 'octet_length(verdicts::text)'),
      ('insight_feedback', '5000000', '', '0'),
      ('backfill_job', '100000', '', '0'),
      ('backfill_lease', '2000000', '', '0'),
      ('deferred_point', '10000000', '', '0')
    ) as t (name, max_rows, max_bytes, bytes_of)
  loop
    execute format('create or replace trigger count_added after insert on public.%I referencing new table as changed
      for each statement execute function public.count_changed(%L, %L)', counted.name, counted.max_rows, counted.max_bytes);
    execute format('create or replace trigger count_removed after delete on public.%I referencing old table as changed
      for each statement execute function public.count_changed()', counted.name);
    execute format('alter table public.%I no force row level security', counted.name);
    execute format('insert into public.tenant_usage select tenant_id, %L, 0, count(*), sum(%s) from public.%I where tenant_id is not null group by 1',
      counted.name, counted.bytes_of, counted.name);
    execute format('alter table public.%I force row level security', counted.name);
  end loop;
end
$$;
alter table tenant_usage force row level security;
