// A query for the differences between roll-ups and their recomputation from points.

/**
 * Compares the hours below the watermark that are not recorded as invalid, in months that have their points: sums to a relative error of
 * 1e-12, everything else exactly. No row means that readers get what the points say.
 */
export const ROLLUP_DIFFERENCES = `
  with expected as (
    select tenant_id, series_id, date_trunc('hour', ts, 'UTC') as bucket, count(*) as count, sum(value) as sum,
      sum(abs(value)) as weight, min(value) as min, max(value) as max
    from metric_point where ts < (select watermark from rollup_mark) group by 1, 2, 3
  )
  select e.*, r.* from expected e full join metric_rollup r on r.series_id = e.series_id and r.bucket = e.bucket
  where not exists (
      select from rollup_invalidation i
      where i.series_id = coalesce(e.series_id, r.series_id) and i.bucket = coalesce(e.bucket, r.bucket))
    and exists (
      select from metric_month m where m.state in ('live', 'sealed', 'written', 'verified')
        and m.month = date_trunc('month', coalesce(e.bucket, r.bucket) at time zone 'UTC')::date)
    and coalesce(e.bucket, r.bucket) < (select watermark from rollup_mark)
    and ((e.count, e.min, e.max, e.tenant_id) is distinct from (r.count, r.min, r.max, r.tenant_id)
      or abs(e.sum - r.sum) > 1e-12 * e.weight)`
