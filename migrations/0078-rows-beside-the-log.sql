-- The move from rows to log and chunks, while both are in use: see docs/move.md.

-- A month of a tenant whose points are still rows of metric_point after log and chunks were switched on. Its rows are below every row of the log;
-- compaction and archiving leave the month alone.
create table row_month (
  tenant_id int not null references tenant,
  month date not null check (extract(day from month) = 1),
  -- The rows up to this place, by series and time, are in chunks too.
  series_id int not null default 0,
  ts timestamptz not null default '-infinity',
  -- How many they are.
  points bigint not null default 0,
  primary key (tenant_id, month)
);

do $$
begin
  alter table row_month enable row level security, force row level security;
  create policy tenant_isolation on row_month
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));
  create policy source_tenant on row_month to penstock_reader_source using (tenant_id = (select reader_tenant()));
  create policy source_tenant_only on row_month as restrictive to penstock_reader_source using (tenant_id = (select reader_tenant()));
end
$$;

-- The rows of some series in a range, both ends included, in months that are still rows: one result for each series and day. When
-- `unsummed` is true, only those of hours that have no valid roll-up in metric_rollup.
create function rows_between(tenant int, ids int[], first_at timestamptz, last_at timestamptz, unsummed boolean)
  returns table (series_id int, last_ts timestamptz, ts timestamptz[], value float8[])
  language plpgsql stable rows 1 cost 100 as $$
declare
  found_month record;
  summed_until timestamptz;
begin
  for found_month in
    select greatest(first_at, m.month::timestamp at time zone 'UTC') as begins, (m.month + interval '1 month') at time zone 'UTC' as ends
    from row_month m where m.tenant_id = tenant
      and m.month between date_trunc('month', first_at at time zone 'UTC')::date and date_trunc('month', last_at at time zone 'UTC')::date
  loop
    if unsummed then
      select least(watermark, found_month.ends) into summed_until from rollup_mark;
      return query
        select p.series_id, max(p.ts), array_agg(p.ts order by p.ts), array_agg(p.value order by p.ts)
        from (
          select distinct i.series_id, i.bucket from rollup_invalidation i
          where i.tenant_id = tenant and i.series_id = any(ids)
            and i.bucket > found_month.begins - interval '1 hour' and i.bucket <= last_at and i.bucket < summed_until
        ) h join metric_point p on p.series_id = h.series_id and p.ts >= h.bucket and p.ts < h.bucket + interval '1 hour'
        where p.tenant_id = tenant and p.ts >= found_month.begins and p.ts <= last_at and p.ts < summed_until
        group by p.series_id, date_trunc('day', p.ts, 'UTC');
      found_month.begins := greatest(found_month.begins, summed_until);
    end if;
    continue when found_month.begins >= found_month.ends or found_month.begins > last_at;
    return query
      select p.series_id, max(p.ts), array_agg(p.ts order by p.ts), array_agg(p.value order by p.ts)
      from metric_point p
      where p.tenant_id = tenant and p.series_id = any(ids) and p.ts >= found_month.begins
        and p.ts <= last_at and p.ts < found_month.ends
      group by p.series_id, date_trunc('day', p.ts, 'UTC');
  end loop;
end
$$;

-- The number of rows of some series in a range, both ends included, in months that are still rows, counted up to `most`, and the first
-- instant that may have one. When `unsummed` is true, only those at or above the roll-ups' watermark are counted.
create function count_rows(tenant int, ids int[], first_at timestamptz, last_at timestamptz, unsummed boolean, most int)
  returns table (points int, first timestamptz)
  language plpgsql stable rows 1 cost 100 as $$
declare
  found_month record;
  counted int;
begin
  points := 0;
  for found_month in
    select greatest(first_at, m.month::timestamp at time zone 'UTC', case when unsummed then (select watermark from rollup_mark) end) as begins,
      (m.month + interval '1 month') at time zone 'UTC' as ends
    from row_month m where m.tenant_id = tenant
      and m.month between date_trunc('month', first_at at time zone 'UTC')::date and date_trunc('month', last_at at time zone 'UTC')::date
    order by m.month
  loop
    continue when found_month.begins >= found_month.ends or found_month.begins > last_at;
    select count(*) into counted from (
      select from metric_point p
      where p.tenant_id = tenant and p.series_id = any(ids) and p.ts >= found_month.begins and p.ts <= last_at and p.ts < found_month.ends
      limit most - points
    ) p;
    if counted > 0 then
      first := coalesce(first, found_month.begins);
      points := points + counted;
    end if;
    exit when points >= most;
  end loop;
  return next;
end
$$;

-- The newest rows of some series (null: of all) in a range, both ends included, in months that are still rows; at most this many. Looks
-- into a minute before the end of each month, then into eight times as much, until it finds enough: a tenant has thousands of series.
create function newest_rows(tenant int, ids int[], first_at timestamptz, last_at timestamptz, most int)
  returns table (series_id int, ts timestamptz, value float8)
  language plpgsql stable rows 1 cost 100 as $$
declare
  found_month record;
  upper_end timestamptz;
  lower_end timestamptz;
  width interval;
  returned int;
begin
  for found_month in
    select greatest(first_at, m.month::timestamp at time zone 'UTC') as begins,
      least(last_at, (m.month + interval '1 month') at time zone 'UTC' - interval '1 microsecond') as ends
    from row_month m where m.tenant_id = tenant
      and m.month between date_trunc('month', first_at at time zone 'UTC')::date and date_trunc('month', last_at at time zone 'UTC')::date
    order by m.month desc
  loop
    upper_end := found_month.ends;
    width := interval '1 minute';
    while upper_end >= found_month.begins loop
      lower_end := greatest(found_month.begins, upper_end - width);
      return query
        select p.series_id, p.ts, p.value
        from metric_series s cross join lateral (
          select m.series_id, m.ts, m.value from metric_point m
          where m.series_id = s.id and m.ts >= lower_end and m.ts <= upper_end
          order by m.ts desc limit most
        ) p
        where s.tenant_id = tenant and (ids is null or s.id = any(ids))
        order by p.ts desc limit most;
      get diagnostics returned = row_count;
      most := most - returned;
      if most <= 0 then return; end if;
      upper_end := lower_end - interval '1 microsecond';
      width := width * 8;
    end loop;
  end loop;
end
$$;

-- The first and last row of each of some series in months that are still rows.
create function row_ends(tenant int, ids int[])
  returns table (series_id int, first_ts timestamptz, last_ts timestamptz)
  language plpgsql stable rows 1 cost 100 as $$
declare
  found_month record;
begin
  for found_month in
    select m.month::timestamp at time zone 'UTC' as begins, (m.month + interval '1 month') at time zone 'UTC' as ends
    from row_month m where m.tenant_id = tenant
  loop
    return query
      select s.id, e.first_ts, e.last_ts
      from unnest(ids) as s (id) cross join lateral (
        select min(p.ts) as first_ts, max(p.ts) as last_ts from metric_point p
        where p.series_id = s.id and p.ts >= found_month.begins and p.ts < found_month.ends
      ) e
      where e.first_ts is not null;
  end loop;
end
$$;

-- Called for writes to metric_point after the switch, by a trigger that the switch makes.
create function refuse_rows() returns trigger language plpgsql as $$
begin
  raise exception 'points are no longer written to metric_point: log and chunks are on';
end
$$;

-- Roles of functions may call them; scripts/database/roles.ts lists which.
revoke all on function rows_between(int, int[], timestamptz, timestamptz, boolean) from public;
revoke all on function count_rows(int, int[], timestamptz, timestamptz, boolean, int) from public;
revoke all on function newest_rows(int, int[], timestamptz, timestamptz, int) from public;
revoke all on function row_ends(int, int[]) from public;
revoke all on function refuse_rows() from public;

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
    select p.ts, p.value, (-2)::smallint as era, '0'::xid8 as xid
    from metric_point p where p.series_id = $1 and p.ts >= $2 and p.ts <= $3 and (
      not (select log_and_chunks from store_state)
      or exists (
        select from row_month m
        where m.tenant_id = p.tenant_id and m.month = date_trunc('month', p.ts at time zone 'UTC')::date
      )
    )
    union all
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

-- Every hour of a series that touches a range, whole, and never stale, in no order: from its roll-up, and where that does not hold from its points.
create or replace function metric_hours(series int, first_at timestamptz, last_at timestamptz)
  returns table (bucket timestamptz, count bigint, sum float8, min float8, max float8)
  language sql stable security definer rows 100 cost 1000 set search_path = pg_catalog, public, pg_temp
begin atomic
  with bounds as materialized (
    select date_bin('1 hour', $2, timestamptz '2000-01-01 00:00:00+00') as first_hour,
      date_bin('1 hour', $3, timestamptz '2000-01-01 00:00:00+00') + interval '1 hour' as behind
  ), one as materialized (
    select tenant_id, id, block from metric_series where id = $1
  ), touched as materialized (
    select distinct date_bin('1 hour', p.ts, timestamptz '2000-01-01 00:00:00+00') as hour
    from bounds, one cross join lateral (values (one.block), (-1)) as b (block)
    join metric_log l on l.tenant_id = one.tenant_id and l.block = b.block
      and l.last_ts >= date_bin('1 hour', $2, timestamptz '2000-01-01 00:00:00+00')
      and l.last_ts < date_trunc('day', $3, 'UTC') + interval '1 day'
    cross join lateral unnest(l.ts[width_bucket($1 - 1, l.series) + 1 : width_bucket($1, l.series)]) as p (ts)
    where p.ts >= bounds.first_hour and p.ts < bounds.behind
  ), row_range as materialized (
    -- The parts of the range whose points are rows: with log and chunks, the tenant's months of row_month; otherwise all of it.
    select m.month::timestamp at time zone 'UTC' as begins, (m.month + interval '1 month') at time zone 'UTC' as ends
    from one join row_month m on m.tenant_id = one.tenant_id
    where (select log_and_chunks from store_state)
    union all
    select timestamptz '-infinity', timestamptz 'infinity' where not (select log_and_chunks from store_state)
  )
  select h.bucket, h.count::bigint, h.sum, h.min, h.max
  from metric_hour h
  where h.series_id = $1 and h.bucket >= (select first_hour from bounds) and h.bucket < (select behind from bounds)
    and not exists (select from row_range r where h.bucket >= r.begins and h.bucket < r.ends)
    and not exists (select from touched t where t.hour = h.bucket)
    and h.bucket >= (select coalesce(max(e.before), '-infinity') from metric_expiry e)
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
    and p.hour >= bounds.first_hour and p.hour < bounds.behind
    and p.hour >= (select coalesce(max(e.before), '-infinity') from metric_expiry e)
    and not exists (select from metric_hour h where h.series_id = $1 and h.bucket = p.hour)
    and not exists (select from touched t where t.hour = p.hour)
    and not exists (select from row_range r where p.hour >= r.begins and p.hour < r.ends)
  union all
  select t.hour, points.*
  from touched t cross join lateral (
    select count(*), sum(p.value order by p.ts), min(p.value), max(p.value)
    from metric_points($1, t.hour, t.hour + interval '1 hour' - interval '1 microsecond') p
    having count(*) > 0
  ) points
  union all
  select r.bucket, r.count, r.sum, r.min, r.max
  from row_range w join metric_rollup r on r.bucket >= w.begins and r.bucket < w.ends
  where r.series_id = $1 and r.bucket >= (select first_hour from bounds) and r.bucket < (select behind from bounds)
    and r.bucket < (select m.watermark from rollup_mark m)
    and not exists (select from rollup_invalidation i where i.series_id = r.series_id and i.bucket = r.bucket)
    and not exists (select from touched t where t.hour = r.bucket)
  union all
  -- Roll-ups of months that objects hold, until the move has copied them into metric_hour.
  select r.bucket, r.count, r.sum, r.min, r.max
  from metric_month m join metric_rollup r
    on r.bucket >= m.month::timestamp at time zone 'UTC' and r.bucket < (m.month + interval '1 month') at time zone 'UTC'
  where (select log_and_chunks from store_state) and m.state in ('dropped', 'expired')
    and r.series_id = $1 and r.bucket >= (select first_hour from bounds) and r.bucket < (select behind from bounds)
    and r.bucket < (select m.watermark from rollup_mark m)
    and not exists (select from rollup_invalidation i where i.series_id = r.series_id and i.bucket = r.bucket)
    and not exists (select from touched t where t.hour = r.bucket)
    and not exists (select from metric_hour h where h.series_id = r.series_id and h.bucket = r.bucket)
  union all
  select date_bin('1 hour', p.ts, timestamptz '2000-01-01 00:00:00+00'), count(*), sum(p.value order by p.ts), min(p.value), max(p.value)
  from row_range w join metric_point p on p.ts >= w.begins and p.ts < w.ends
  where p.series_id = $1 and p.ts >= greatest((select first_hour from bounds), (select m.watermark from rollup_mark m))
    and p.ts < (select behind from bounds)
    and not exists (select from touched t where t.hour = date_bin('1 hour', p.ts, timestamptz '2000-01-01 00:00:00+00'))
  group by 1
  union all
  select late.bucket, points.*
  from (
    select distinct i.bucket from row_range w join rollup_invalidation i on i.bucket >= w.begins and i.bucket < w.ends
    where i.series_id = $1 and i.bucket >= (select first_hour from bounds) and i.bucket < (select behind from bounds)
      and i.bucket < (select m.watermark from rollup_mark m) and not exists (select from touched t where t.hour = i.bucket)
  ) late
  cross join lateral (
    select count(*), sum(p.value order by p.ts), min(p.value), max(p.value) from metric_point p
    where p.series_id = $1 and p.ts >= late.bucket and p.ts < late.bucket + interval '1 hour'
    having count(*) > 0
  ) points;
end;
