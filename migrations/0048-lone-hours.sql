-- An hour with one point needs no roll-up: the point says it. Of a series that sends once an hour the roll-ups were most of what it took.

-- Whether the chunk may have a point that is the only one of its hour: that hour has no row in metric_hour.
alter table metric_chunk add column lone boolean not null default false;
create index metric_chunk_lone on metric_chunk (series_id, last_ts) where lone;

-- The owner sees every tenant's rows until the end of the transaction.
alter table metric_chunk no force row level security;
alter table metric_hour no force row level security;
update metric_chunk c set lone = true
where exists (
  select from metric_hour h
  where h.series_id = c.series_id and h.count = 1 and h.bucket > c.first_ts - interval '1 hour' and h.bucket <= c.last_ts
);
delete from metric_hour where count = 1;
alter table metric_chunk force row level security;
alter table metric_hour force row level security;

-- Every hour of the chunks: its roll-up, or the one point that stands for it. For people who look at little data, and for checks; granted to nobody.
create view stored_hour with (security_invoker = true) as
  select tenant_id, series_id, bucket, count, sum, min, max from metric_hour
  union all
  select c.tenant_id, c.series_id, p.hour, 1, p.value, p.value, p.value
  from metric_chunk c cross join lateral (
    select date_bin('1 hour', c.first_ts + sum(g.gap) over (order by g.i) * c.unit * interval '1 microsecond',
      timestamptz '2000-01-01 00:00:00+00') as hour, g.value
    from rows from (unnest(coalesce(c.gap::bigint[], c.gap8)), unnest(c.value)) with ordinality as g (gap, value, i)
  ) p
  where c.lone and not exists (select from metric_hour h where h.series_id = c.series_id and h.bucket = p.hour);
