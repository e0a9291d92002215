-- Hourly summaries of series. Kept longer than the points that they sum up.

-- Its partitions are UTC calendar months, made together with those of the points.
create table metric_rollup (
  tenant_id int not null,
  series_id int not null,
  bucket timestamptz not null check (bucket = date_bin('1 hour', bucket, timestamptz '2000-01-01 00:00:00+00')),
  count bigint not null check (count > 0),
  sum float8 not null,
  min float8 not null,
  max float8 not null check (max >= min),
  primary key (series_id, bucket)
) partition by range (bucket);

alter table metric_rollup enable row level security;
alter table metric_rollup force row level security;
create policy tenant_isolation on metric_rollup
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));
