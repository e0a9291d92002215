-- Points are in the log and in chunks only. What kept them as rows of metric_point goes: a database that still has such rows is refused, and
-- stays as it is.

do $$
declare
  name text;
  found boolean;
begin
  foreach name in array array['metric_point', 'metric_rollup', 'deferred_point', 'row_month'] loop
    -- The owner sees every tenant's rows until the end of the transaction.
    execute format('alter table %I no force row level security', name);
    execute format('select exists (select from %I)', name) into found;
    if found then
      raise exception 'points of this database are still rows (% is not empty): deploy the release both-stores, run "penstock move" there until it ends with 0, and then migrate to this release', name;
    end if;
  end loop;
end
$$;

-- The points of a series in a range, both ends included, ordered by time. Of a point that was written more than once the last value.
create or replace function metric_points(series int, first_at timestamptz, last_at timestamptz)
  returns table (ts timestamptz, value float8)
  language sql stable security definer rows 1000 cost 1000 set search_path = pg_catalog, public, pg_temp
begin atomic
  with expiry as materialized (
    select coalesce(max(before), '-infinity') as before from metric_expiry
  ), one as materialized (
    select tenant_id, id, block from metric_series where id = $1
  ), stored as (
    select p.ts, p.value, l.era, l.xid
    from one cross join lateral (values (one.block), (-1)) as b (block)
    join metric_log l on l.tenant_id = one.tenant_id and l.block = b.block and l.last_ts >= $2
      and l.last_ts < date_trunc('day', $3, 'UTC') + interval '1 day' and l.first_ts <= $3
    cross join lateral (select width_bucket($1 - 1, l.series) as below, width_bucket($1, l.series) as upto) w
    cross join lateral unnest(l.ts[w.below + 1 : w.upto], l.value[w.below + 1 : w.upto]) as p (ts, value)
    where w.upto > w.below and p.ts >= $2 and p.ts <= $3 and p.ts >= (select before from expiry)
    union all
    select p.ts, p.value, (-1)::smallint, '0'::xid8
    from (
      select first_ts, unit, gap, gap8, value from metric_chunk
      where (series_id, last_ts) >= ($1, $2) and (series_id, last_ts) <= ($1, $3) and last_ts >= $2 and last_ts <= $3
      union all
      select first_ts, unit, gap, gap8, value from (
        select first_ts, unit, gap, gap8, value from metric_chunk
        where (series_id, last_ts) > ($1, $3) and last_ts > $3
          and last_ts < date_trunc('month', $3, 'UTC') + interval '1 month' and series_id = $1
        order by series_id, last_ts limit 1
      ) later where first_ts <= $3
    ) c cross join lateral (
      select c.first_ts + sum(g.gap) over (order by g.i) * c.unit * interval '1 microsecond' as ts, g.value
      from rows from (unnest(coalesce(c.gap::bigint[], c.gap8)), unnest(c.value)) with ordinality as g (gap, value, i)
    ) p
    where p.ts >= $2 and p.ts <= $3 and p.ts >= (select before from expiry)
  )
  select distinct on (s.ts) s.ts, s.value from stored s order by s.ts, s.era desc, s.xid desc;
end;

-- Every hour of a series that touches a range, whole, and never stale, in no order: from its roll-up, and where the log touches the hour from its
-- points. Points below the tenant's expiry are ignored; roll-ups below it stay for their own time, as in aggregates.
create or replace function metric_hours(series int, first_at timestamptz, last_at timestamptz)
  returns table (bucket timestamptz, count bigint, sum float8, min float8, max float8)
  language sql stable security definer rows 100 cost 1000 set search_path = pg_catalog, public, pg_temp
begin atomic
  with bounds as materialized (
    select date_bin('1 hour', $2, timestamptz '2000-01-01 00:00:00+00') as first_hour,
      date_bin('1 hour', $3, timestamptz '2000-01-01 00:00:00+00') + interval '1 hour' as behind,
      (select coalesce(max(before), '-infinity') from metric_expiry) as expired
  ), one as materialized (
    select tenant_id, id, block from metric_series where id = $1
  ), touched as materialized (
    select distinct date_bin('1 hour', p.ts, timestamptz '2000-01-01 00:00:00+00') as hour
    from bounds, one cross join lateral (values (one.block), (-1)) as b (block)
    join metric_log l on l.tenant_id = one.tenant_id and l.block = b.block
      and l.last_ts >= date_bin('1 hour', $2, timestamptz '2000-01-01 00:00:00+00')
      and l.last_ts < date_trunc('day', $3, 'UTC') + interval '1 day'
    cross join lateral unnest(l.ts[width_bucket($1 - 1, l.series) + 1 : width_bucket($1, l.series)]) as p (ts)
    where p.ts >= bounds.first_hour and p.ts < bounds.behind and p.ts >= bounds.expired
  )
  select h.bucket, h.count::bigint, h.sum, h.min, h.max
  from metric_hour h
  where h.series_id = $1 and h.bucket >= (select first_hour from bounds) and h.bucket < (select behind from bounds)
    and not exists (select from touched t where t.hour = h.bucket)
  union all
  -- Hours of one point, which have no roll-up.
  select p.hour, 1::bigint, p.value, p.value, p.value
  from bounds cross join metric_chunk c cross join lateral (
    select date_bin('1 hour', c.first_ts + sum(g.gap) over (order by g.i) * c.unit * interval '1 microsecond',
      timestamptz '2000-01-01 00:00:00+00') as hour, g.value
    from rows from (unnest(coalesce(c.gap::bigint[], c.gap8)), unnest(c.value)) with ordinality as g (gap, value, i)
  ) p
  where c.series_id = $1 and c.lone and c.last_ts >= date_bin('1 hour', $2, timestamptz '2000-01-01 00:00:00+00')
    and c.last_ts < date_trunc('month', $3, 'UTC') + interval '1 month'
    and p.hour >= bounds.first_hour and p.hour < bounds.behind and p.hour >= bounds.expired
    and not exists (select from metric_hour h where h.series_id = $1 and h.bucket = p.hour)
    and not exists (select from touched t where t.hour = p.hour)
  union all
  select t.hour, points.*
  from touched t cross join lateral (
    select count(*), sum(p.value order by p.ts), min(p.value), max(p.value)
    from metric_points($1, t.hour, t.hour + interval '1 hour' - interval '1 microsecond') p
    having count(*) > 0
  ) points;
end;

drop function rows_between(int, int[], timestamptz, timestamptz, boolean);
drop function count_rows(int, int[], timestamptz, timestamptz, boolean, int);
drop function newest_rows(int, int[], timestamptz, timestamptz, int);
drop function row_ends(int, int[]);
drop table metric_point, metric_rollup, deferred_point, metric_month, rollup_mark, rollup_invalidation, row_month, answer_version;
drop function refuse_rows();
drop function move_answer_version();
alter table store_state drop column log_and_chunks;

-- Who still asks the former tables is told what to ask. The condition is computed when a query is planned. The last argument is for operators.
create function asks_former_table(former text, reads text, looks text) returns boolean
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception '% is no table any more: ask the function %, or look at %', former, reads, looks using errcode = 'undefined_table';
end
$$;
-- Readers may call it: scripts/database/roles.ts.
revoke all on function asks_former_table(text, text, text) from public;

create view metric_point with (security_invoker = true) as
  select null::int as tenant_id, null::int as series_id, null::timestamptz as ts, null::float8 as value
  where asks_former_table('metric_point', 'metric_points(series, from, to)', 'stored_point');
create view metric_rollup with (security_invoker = true) as
  select null::int as tenant_id, null::int as series_id, null::timestamptz as bucket, null::bigint as count, null::float8 as sum,
    null::float8 as min, null::float8 as max
  where asks_former_table('metric_rollup', 'metric_hours(series, from, to)', 'stored_hour');

-- Points that wait for a month had a quota.
alter table tenant_usage no force row level security;
alter table tenant_quota no force row level security;
delete from tenant_usage where kind = 'deferred_point';
delete from tenant_quota where kind = 'deferred_point';
alter table tenant_usage force row level security;
alter table tenant_quota force row level security;

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
      raise exception '% rows in %', allowed.max_rows, tg_table_name using errcode = 'PQ001';
    end if;
    if used.byte_count > allowed.max_bytes then
      raise exception '% bytes in %', allowed.max_bytes, tg_table_name using errcode = 'PQ001';
    end if;
  end loop;
  return null;
end
$$;
