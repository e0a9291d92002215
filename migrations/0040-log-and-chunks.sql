-- The log, the chunks and their roll-ups: points as arrays. They stand beside metric_point until store_state says that they hold the points.

-- One row. The era and the switch are read by every function; see docs/storage.md.
create table store_state (
  single boolean primary key default true check (single),
  -- Points are written to the log instead of metric_point. It is switched on once and never off.
  log_and_chunks boolean not null default false,
  -- xid8 counts in one cluster only: a restore into another one begins a new era, and an older era is below every newer one.
  era smallint not null default 0 check (era >= 0),
  -- The cluster that this era belongs to; null until the first migration in it has ended.
  system_identifier bigint
);
insert into store_state default values;

alter table tenant
  -- Series that were ever made. It never goes back; a series' block is its number divided by 64.
  add column series_made bigint not null default 0 check (series_made >= 0),
  -- It moves when series of the tenant are erased: instances that remember ids of an older epoch forget them.
  add column series_epoch bigint not null default 0;

alter table metric_series
  -- It has points in the log or in chunks, or was made within the last day: active series count against the limit.
  add column active boolean not null default true,
  -- Points of one write that belong to series of one block share a row of the log. It never changes.
  add column block int not null default 0 check (block >= 0);
with numbered as (
  select id, (row_number() over (partition by tenant_id order by id) - 1) / 64 as block from metric_series
)
update metric_series s set block = n.block from numbered n where n.id = s.id and n.block > 0;
update tenant t set series_made = (select count(*) from metric_series s where s.tenant_id = t.id);

-- What writes bring, appended: rows of up to 4,096 points of one UTC day, of one block of series or, as block -1, of any series.
-- The order of two rows with the same point is (era, xid). The last two columns of the order are never written by a writer.
create table metric_log (
  tenant_id int not null,
  block int not null check (block >= -1),
  era smallint not null default 0,
  xid xid8 not null default pg_current_xact_id(),
  first_ts timestamptz not null,
  last_ts timestamptz not null,
  n smallint not null check (n between 1 and 4096),
  -- Sorted by (series, ts), each pair once.
  series int[] not null,
  ts timestamptz[] not null,
  value float8[] not null,
  check (cardinality(series) = n and cardinality(ts) = n and cardinality(value) = n),
  check (array_lower(series, 1) = 1 and array_lower(ts, 1) = 1 and array_lower(value, 1) = 1),
  check (first_ts <= last_ts),
  check (date_trunc('day', first_ts at time zone 'UTC') = date_trunc('day', last_ts at time zone 'UTC'))
);
create index metric_log_block on metric_log (tenant_id, block, last_ts) include (n);
-- As bigint, so that only who asks for it by that gets it: on a table that was never analysed the planner would take it in place of the other.
create index metric_log_newest on metric_log ((tenant_id::bigint), last_ts);

-- Up to 512 points of one series and UTC month, sorted and distinct; chunks of a series never overlap. The time of point i is first_ts plus
-- the sum of gap[1..i] units, which are microseconds.
create table metric_chunk (
  tenant_id int not null,
  series_id int not null,
  first_ts timestamptz not null,
  last_ts timestamptz not null,
  n smallint not null check (n between 1 and 512),
  unit int not null check (unit in (1, 1000, 1000000)),
  gap int[],
  -- Instead of gap where a gap does not fit into 31 bits.
  gap8 bigint[],
  value float8[] not null,
  primary key (series_id, last_ts),
  check (num_nonnulls(gap, gap8) = 1),
  check (cardinality(value) = n and coalesce(cardinality(gap), cardinality(gap8)) = n),
  check (coalesce(gap[1], gap8[1]) = 0),
  check (first_ts <= last_ts),
  check (date_trunc('month', first_ts at time zone 'UTC') = date_trunc('month', last_ts at time zone 'UTC'))
) partition by range (last_ts);
-- As bigint for the same reason: a probe of the key would take it on each new month, and read the chunks of all series.
create index metric_chunk_newest on metric_chunk ((tenant_id::bigint), last_ts);

-- Statistics of the arrays' elements cost ten times the rest of ANALYZE and would show points to whoever may read statistics.
alter table metric_log alter series set statistics 0, alter ts set statistics 0, alter value set statistics 0;
alter table metric_chunk alter gap set statistics 0, alter gap8 set statistics 0, alter value set statistics 0;
-- Rows come and go by the hour: a fifth of the table is too long to wait.
alter table metric_log set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05);

-- The roll-up of an hour of a series. It is right exactly when no row of the log has a point of that hour.
create table metric_hour (
  tenant_id int not null,
  series_id int not null,
  bucket timestamptz not null check (bucket = date_bin('1 hour', bucket, timestamptz '2000-01-01 00:00:00+00')),
  count int not null check (count > 0),
  sum float8 not null,
  min float8 not null,
  max float8 not null check (max >= min),
  primary key (series_id, bucket)
) partition by range (bucket);

-- A month that has a partition of chunks.
create table chunk_month (
  month date primary key check (extract(day from month) = 1),
  -- Its partition is about to be dropped: nobody puts chunks into it any more.
  leaving boolean not null default false,
  made_at timestamptz not null default now(),
  -- Has no meaning: `for share` needs the privilege to update some column, and this one may be granted.
  lockable boolean not null default true
);

-- Whoever changes chunks of a tenant holds its row, for update, to the end of its transaction.
create table compaction_lock (
  tenant_id int primary key references tenant
);

-- A day of a tenant whose chunks or roll-ups changed: the mark moves with every transaction that changes them.
create table compaction_mark (
  tenant_id int not null references tenant,
  day date not null,
  -- Drawn from one sequence for all tenants: inserted or set to its default.
  mark bigint generated always as identity,
  -- Two marks that are equal by accident, as after a restore, differ in it.
  random bigint not null,
  -- Points of this day in chunks.
  points bigint not null check (points >= 0),
  compacted_at timestamptz not null default now(),
  primary key (tenant_id, day)
);

-- Writes below it are refused, and readers do not see what is below it. It is the first instant of a month, so no row of the log and no chunk
-- lies on both sides of it.
create table metric_expiry (
  tenant_id int primary key references tenant,
  before timestamptz not null check (before = date_trunc('month', before, 'UTC'))
);

-- First and last point of a series over its chunks and objects; the log may hold earlier and later ones.
create table metric_series_span (
  series_id int primary key,
  tenant_id int not null,
  first_ts timestamptz not null,
  last_ts timestamptz not null,
  check (first_ts <= last_ts)
);
create index metric_series_span_tenant on metric_series_span (tenant_id, series_id);

do $$
declare
  name text;
begin
  foreach name in array array[
    'metric_log', 'metric_chunk', 'metric_hour', 'compaction_lock', 'compaction_mark', 'metric_expiry', 'metric_series_span'
  ] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format(
      'create policy tenant_isolation on %I using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::int))', name);
  end loop;

  for year in 2010 .. extract(year from now() at time zone 'UTC')::int + 1 loop
    name := format('metric_hour_%s', year);
    execute format('create table %I (like metric_hour including all)', name);
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('alter table metric_hour attach partition %I for values from (%L) to (%L)',
      name, make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC'), make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC'));
  end loop;
end
$$;

-- For people who look at little data, and for checks; granted to nobody. A range on ts does not narrow what it reads: it reads every chunk
-- and every row of the log that the rest of the condition leaves.
create view stored_point with (security_invoker = true) as
  select p.tenant_id, p.series_id, p.ts, p.value
  from (
    select distinct on (tenant_id, series_id, ts) tenant_id, series_id, ts, value
    from (
      select l.tenant_id, p.series_id, p.ts, p.value, l.era, l.xid
      from metric_log l cross join lateral unnest(l.series, l.ts, l.value) as p (series_id, ts, value)
      union all
      select c.tenant_id, c.series_id, c.first_ts + p.units * c.unit * interval '1 microsecond', p.value, (-1)::smallint, '0'::xid8
      from metric_chunk c cross join lateral (
        select sum(gap) over (order by i) as units, value
        from rows from (unnest(coalesce(c.gap::bigint[], c.gap8)), unnest(c.value)) with ordinality as g (gap, value, i)
      ) p
    ) stored
    order by tenant_id, series_id, ts, era desc, xid desc
  ) p
  where not exists (select from metric_expiry e where e.tenant_id = p.tenant_id and p.ts < e.before);

-- The job that makes and drops partitions takes the role of their owner, and of no other table.
do $$
declare
  month regclass;
begin
  for month in
    select c.oid from pg_class c
    where c.oid in ('metric_chunk'::regclass, 'metric_hour'::regclass)
      or exists (select from pg_inherits i where i.inhrelid = c.oid and i.inhparent in ('metric_chunk'::regclass, 'metric_hour'::regclass))
    order by c.relkind desc, c.relname
  loop
    execute format('alter table %s owner to penstock_months', month);
  end loop;
end
$$;
