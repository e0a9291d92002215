// Measures reads without our functions: the same rows for plain clients, in the fewest bytes and one round trip.
import type { Client } from 'pg'
import { keepBusy, type Subject } from '../measure.ts'
import { TWIN } from './bare-writes.ts'

/** Returns a statement and its parameters; the next ones on each call. */
export type NextQuery = () => { readonly text: string; readonly values: readonly unknown[] }

/** Points of one series, newest first, as two columns of eight bytes a point. */
export const RANGE = `
  select string_agg(timestamptz_send(ts), '') as at, string_agg(float8send(value), '') as value
  from (
    select ts, value from ${TWIN}
    where tenant_id = $1::int and series_id = $2::int and ts >= $3::timestamptz and ts <= $4::timestamptz
    order by ts desc limit $5::int
  ) newest`

/** The newest points of all series of a tenant from an instant on, as three columns. */
export const NEWEST = `
  select string_agg(int4send(series_id), '') as series, string_agg(timestamptz_send(ts), '') as at,
    string_agg(float8send(value), '') as value
  from (
    select series_id, ts, value from ${TWIN}
    where tenant_id = $1::int and ts >= $2::timestamptz
    order by ts desc, series_id desc limit $3::int
  ) newest`

/** Hourly aggregates of one series. */
export const AGGREGATE = `
  with partial as (
    select date_bin('1 hour'::interval, p.ts, timestamptz '0001-01-01 00:00:00+00') as bucket, 0 as group_no,
      count(*) as count, sum(p.value) as total, min(p.value) as low, max(p.value) as high
    from ${TWIN} p
    where p.series_id = any(array[$2::int]) and p.tenant_id = $1::int and p.ts >= $3::timestamptz and p.ts <= $4::timestamptz
    group by 1, 2
  )
  select bucket, group_no, sum(count)::float8 as count, sum(total) as total, min(low) as low, max(high) as high
  from partial group by bucket, group_no order by bucket, group_no`

/** Keeps each client busy with queries, one at a time. */
export function bareQueries(clients: readonly Client[], next: NextQuery): Subject {
  return {
    run: (ms) =>
      keepBusy(ms, clients.length, async (worker) => {
        const { text, values } = next()
        await clients[worker]?.query(text, [...values])
        return 1
      }),
  }
}
