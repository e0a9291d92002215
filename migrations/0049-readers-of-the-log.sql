-- What readers ask of points and hours, whether points are rows or in the log and chunks. Readers have no privilege on the log and the chunks: they
-- call functions that run as penstock_reader_source, which cannot log in and sees the rows of the tenant that the login belongs to. A function scan
-- shows the same plan and estimate whatever the data is.

grant execute on function reader_tenant() to penstock_reader_source;
do $$
declare
  name text;
begin
  foreach name in array array[
    'metric_log', 'metric_chunk', 'metric_hour', 'metric_expiry', 'metric_series', 'metric_point', 'metric_rollup', 'rollup_invalidation'
  ] loop
    execute format('create policy source_tenant on %I to penstock_reader_source using (tenant_id = (select reader_tenant()))', name);
    -- Without it tenant_isolation would open the rows of any tenant that a session names in app.tenant_id.
    execute format(
      'create policy source_tenant_only on %I as restrictive to penstock_reader_source using (tenant_id = (select reader_tenant()))', name);
  end loop;
end
$$;

-- The points of a series in a range, both ends included, ordered by time. Of a point that was written more than once the last value.
create function metric_points(series int, first_at timestamptz, last_at timestamptz)
  returns table (ts timestamptz, value float8)
  language sql stable security definer rows 1000 cost 1000 set search_path = pg_catalog, public, pg_temp
begin atomic
  with expiry as materialized (
    select coalesce(max(before), '-infinity') as before from metric_expiry
  ), one as materialized (
    select tenant_id, id, block from metric_series where id = $1
  ), stored as (
    select p.ts, p.value, (-2)::smallint as era, '0'::xid8 as xid
    from metric_point p where p.series_id = $1 and p.ts >= $2 and p.ts <= $3
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
revoke all on function metric_points(int, timestamptz, timestamptz) from public;

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
  )
  select h.bucket, h.count::bigint, h.sum, h.min, h.max
  from metric_hour h
  where h.series_id = $1 and h.bucket >= (select first_hour from bounds) and h.bucket < (select behind from bounds)
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
  union all
  select t.hour, points.*
  from touched t cross join lateral (
    select count(*), sum(p.value order by p.ts), min(p.value), max(p.value)
    from metric_points($1, t.hour, t.hour + interval '1 hour' - interval '1 microsecond') p
    having count(*) > 0
  ) points
  union all
  select r.bucket, r.count, r.sum, r.min, r.max
  from metric_rollup r
  where r.series_id = $1 and r.bucket >= date_bin('1 hour', $2, timestamptz '2000-01-01 00:00:00+00') and r.bucket <= $3
    and r.bucket < (select m.watermark from rollup_mark m)
    and not exists (select from rollup_invalidation i where i.series_id = r.series_id and i.bucket = r.bucket)
  union all
  select date_bin('1 hour', p.ts, timestamptz '2000-01-01 00:00:00+00'), count(*), sum(p.value), min(p.value), max(p.value)
  from metric_point p
  where p.series_id = $1
    and p.ts >= greatest(date_bin('1 hour', $2, timestamptz '2000-01-01 00:00:00+00'), (select m.watermark from rollup_mark m))
    and p.ts < date_bin('1 hour', $3, timestamptz '2000-01-01 00:00:00+00') + interval '1 hour'
  group by 1
  union all
  select late.bucket, points.*
  from (
    select distinct i.bucket from rollup_invalidation i
    where i.series_id = $1 and i.bucket >= date_bin('1 hour', $2, timestamptz '2000-01-01 00:00:00+00') and i.bucket <= $3
      and i.bucket < (select m.watermark from rollup_mark m)
  ) late
  cross join lateral (
    select count(*), sum(p.value), min(p.value), max(p.value) from metric_point p
    where p.series_id = $1 and p.ts >= late.bucket and p.ts < late.bucket + interval '1 hour'
    having count(*) > 0
  ) points;
end;
