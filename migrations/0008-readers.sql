-- Readers: logins of one tenant each, for tools whose users may send any SQL, such as Grafana. `npm run reader` makes them.

-- Which tenant a reader reads is in its name, penstock_reader_<the tenant's id>: a session can change its settings and its role,
-- and never the name that it logged in by. Of each table the first policy opens the tenant's rows; the second, without which
-- tenant_isolation would open those of any tenant that a session names in app.tenant_id, closes all others.

create policy reader_tenant on metric_series to penstock_reader
  using (tenant_id = (select substring(session_user from '^penstock_reader_([0-9]{1,9})$')::int));
create policy reader_tenant_only on metric_series as restrictive to penstock_reader
  using (tenant_id = (select substring(session_user from '^penstock_reader_([0-9]{1,9})$')::int));

create policy reader_tenant on metric_point to penstock_reader
  using (tenant_id = (select substring(session_user from '^penstock_reader_([0-9]{1,9})$')::int));
create policy reader_tenant_only on metric_point as restrictive to penstock_reader
  using (tenant_id = (select substring(session_user from '^penstock_reader_([0-9]{1,9})$')::int));

create policy reader_tenant on metric_rollup to penstock_reader
  using (tenant_id = (select substring(session_user from '^penstock_reader_([0-9]{1,9})$')::int));
create policy reader_tenant_only on metric_rollup as restrictive to penstock_reader
  using (tenant_id = (select substring(session_user from '^penstock_reader_([0-9]{1,9})$')::int));

create policy reader_tenant on rollup_invalidation to penstock_reader
  using (tenant_id = (select substring(session_user from '^penstock_reader_([0-9]{1,9})$')::int));
create policy reader_tenant_only on rollup_invalidation as restrictive to penstock_reader
  using (tenant_id = (select substring(session_user from '^penstock_reader_([0-9]{1,9})$')::int));

-- Every hour of a series that touches a range, whole, and never stale, in no order: from its roll-up, and where that does not hold
-- (from the watermark on, and where a late point made it invalid) from its points. With its caller's rights, and inlined: joined
-- laterally it reads the primary keys, series by series.
create function metric_hours(series int, first_at timestamptz, last_at timestamptz)
  returns table (bucket timestamptz, count bigint, sum float8, min float8, max float8)
  language sql stable
begin atomic
  select r.bucket, r.count, r.sum, r.min, r.max
  from metric_rollup r
  where r.series_id = series and r.bucket >= date_bin('1 hour', first_at, timestamptz '2000-01-01 00:00:00+00') and r.bucket <= last_at
    and r.bucket < (select m.watermark from rollup_mark m)
    and not exists (select from rollup_invalidation i where i.series_id = r.series_id and i.bucket = r.bucket)
  union all
  select date_bin('1 hour', p.ts, timestamptz '2000-01-01 00:00:00+00'), count(*), sum(p.value), min(p.value), max(p.value)
  from metric_point p
  where p.series_id = series
    and p.ts >= greatest(date_bin('1 hour', first_at, timestamptz '2000-01-01 00:00:00+00'), (select m.watermark from rollup_mark m))
    and p.ts < date_bin('1 hour', last_at, timestamptz '2000-01-01 00:00:00+00') + interval '1 hour'
  group by 1
  union all
  select late.bucket, points.*
  from (
    select distinct i.bucket from rollup_invalidation i
    where i.series_id = series and i.bucket >= date_bin('1 hour', first_at, timestamptz '2000-01-01 00:00:00+00') and i.bucket <= last_at
      and i.bucket < (select m.watermark from rollup_mark m)
  ) late
  cross join lateral (
    select count(*), sum(p.value), min(p.value), max(p.value) from metric_point p
    where p.series_id = series and p.ts >= late.bucket and p.ts < late.bucket + interval '1 hour'
    having count(*) > 0
  ) points;
end;
revoke all on function metric_hours(int, timestamptz, timestamptz) from public;
grant execute on function metric_hours(int, timestamptz, timestamptz) to penstock_reader;
