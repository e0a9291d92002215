// The statements of the switch between chunks and an object. Run them under the tenant's lock.

import { sql, type Transaction } from 'kysely'
import { addMonths, formatTimestamp, type Micros, monthStart } from '../base/time.ts'
import type { Gate } from '../compaction/queries.ts'
import { literalInstant } from '../points/stored-rows.ts'
import type { Database } from '../schema/index.ts'
import { below, endsInMonth, type TenantMonth } from './run-queries.ts'

type Tx = Transaction<Database>

/**
 * Writes the roll-ups of the month's hours that have one point: they have none while a chunk has the point. Run it before the chunks are
 * deleted. Every other hour of a chunk has its roll-up, which stays.
 */
export async function insertLoneHours(tx: Tx, { tenantId, month }: TenantMonth): Promise<void> {
  await sql`
    insert into metric_hour (tenant_id, series_id, bucket, count, sum, min, max)
    select c.tenant_id, c.series_id, p.hour, 1, p.value, p.value, p.value
    from metric_chunk c cross join lateral (
      select date_bin('1 hour', c.first_ts + sum(g.gap) over (order by g.i) * c.unit * interval '1 microsecond',
        timestamptz '2000-01-01 00:00:00+00') as hour, g.value
      from rows from (unnest(coalesce(c.gap::bigint[], c.gap8)), unnest(c.value)) with ordinality as g (gap, value, i)
    ) p
    where c.lone and c.tenant_id = ${tenantId}::int and c.tenant_id::bigint = ${tenantId}::bigint and ${endsInMonth(month)}
    on conflict do nothing`.execute(tx)
}

/** Deletes the roll-ups of the month's hours that have one point, because their chunks mark them by `lone`. */
export async function deleteLoneHours(tx: Tx, { tenantId, month }: TenantMonth): Promise<void> {
  await sql`
    delete from metric_hour h using metric_series s
    where s.tenant_id = ${tenantId}::int and h.tenant_id = s.tenant_id and h.series_id = s.id and h.count = 1
      and h.bucket >= ${literalInstant(monthStart(month))} and h.bucket < ${literalInstant(monthStart(addMonths(month, 1)))}`.execute(
    tx,
  )
}

/** Deletes the chunks of the month. Returns how many points they had. */
export async function deleteMonthChunks(tx: Tx, { tenantId, month }: TenantMonth): Promise<number> {
  const { rows } = await sql<{ points: number }>`
    with gone as (
      delete from metric_chunk where tenant_id = ${tenantId}::int and tenant_id::bigint = ${tenantId}::bigint and ${endsInMonth(month)} returning n
    )
    select coalesce(sum(n), 0)::float8 as points from gone`.execute(tx)
  return rows[0]?.points ?? 0
}

/** Deletes the rows of the month's log below the gate. Returns how many points they had. */
export async function deleteMonthLog(tx: Tx, { tenantId, month }: TenantMonth, gate: Gate): Promise<number> {
  const { rows } = await sql<{ points: number }>`
    with gone as (
      delete from metric_log where tenant_id = ${tenantId}::int and ${endsInMonth(month)} and ${below(gate)} returning n
    )
    select coalesce(sum(n), 0)::float8 as points from gone`.execute(tx)
  return rows[0]?.points ?? 0
}

/** Says of every day of the month that its chunks or roll-ups changed, and how many points its chunks have now. */
export async function moveMonthMarks(tx: Tx, { tenantId, month }: TenantMonth, now: Micros): Promise<void> {
  await sql`
    insert into compaction_mark (tenant_id, day, random, points, compacted_at)
    select ${tenantId}::int, d.day::date, (random() * 9007199254740991)::bigint, coalesce(c.points, 0), ${formatTimestamp(now)}::timestamptz
    from generate_series(${month}::timestamp, ${addMonths(month, 1)}::timestamp - interval '1 day', interval '1 day') as d (day)
    left join (
      select date_trunc('day', last_ts at time zone 'UTC') as day, sum(n) as points from metric_chunk
      where tenant_id = ${tenantId}::int and tenant_id::bigint = ${tenantId}::bigint and ${endsInMonth(month)} group by 1
    ) c on c.day = d.day
    on conflict (tenant_id, day) do update
      set mark = default, random = excluded.random, points = excluded.points, compacted_at = excluded.compacted_at`.execute(
    tx,
  )
}
