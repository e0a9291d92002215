// Copies points that a restored server has and the running one lost, while the running one accepts points.
import { WRITE_LOCK } from '@penstock/shared/base/locks.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import type { Client } from 'pg'
import { type BroughtBack, bringLoggedBack } from './bring-logged-back.ts'

/** A role that sees every tenant's rows and may store points. The admin user sees no rows, because row security is forced. */
const MAINTENANCE = 'penstock_partitions'
const BATCH_POINTS = 10_000

export interface LostPoints {
  readonly tenant: string
  /** Instants in PostgreSQL's syntax; the end is exclusive. */
  readonly from: string
  readonly to: string
}

/**
 * Stores a tenant's restored points of a range that are missing in the running database. A point that was stored again is not changed. Where
 * points are rows, their hours are invalidated, and a month that is not live is skipped. Both clients are admin connections; `restored` is one to
 * a copy of the database. Safe to repeat and to interrupt.
 * @throws {Error} when one of the databases does not have the tenant with the same id, or they keep their points in different ways.
 */
export async function bringPointsBack(running: Client, restored: Client, lost: LostPoints): Promise<BroughtBack> {
  const tenantId = await tenantIn(running, lost.tenant)
  if ((await tenantIn(restored, lost.tenant)) !== tenantId)
    throw new Error(`${lost.tenant} has another id in the restored database: it is not a copy of this one`)
  const isLog = await keepsLog(running)
  if (isLog !== (await keepsLog(restored)))
    throw new Error(
      'one of the databases has its points in the log and chunks and the other in metric_point: write them from the copy to files (penstock tenant export), and import the files',
    )
  if (!isLog) return { points: await bringRowsBack(running, restored, lost, tenantId), heldMonths: [] }
  const range = { from: await instantOf(running, lost.from), to: await instantOf(running, lost.to) }
  return await bringLoggedBack(running, restored, { ...range, tenant: { id: tenantId, name: lost.tenant } })
}

async function keepsLog(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ is_log: boolean }>('select log_and_chunks as is_log from store_state')
  return rows[0]?.is_log ?? false
}

async function instantOf(client: Client, text: string): Promise<Micros> {
  const { rows } = await client.query<{ at: number }>(
    'select (extract(epoch from $1::timestamptz) * 1000000)::float8 as at',
    [text],
  )
  return rows[0]?.at ?? Number.NaN
}

async function bringRowsBack(running: Client, restored: Client, lost: LostPoints, tenantId: number): Promise<number> {
  await using memberships = new AsyncDisposableStack()
  for (const client of [running, restored]) memberships.defer(await becomeMember(client))
  let points = 0
  await inTransaction(restored, 'begin read only', async () => {
    const text = (value: string): string => restored.escapeLiteral(value)
    await restored.query(
      `declare lost no scroll cursor for
       select series_id, ts::text as ts, value from metric_point
       where tenant_id = ${tenantId} and ts >= ${text(lost.from)}::timestamptz and ts < ${text(lost.to)}::timestamptz
       order by ts`,
    )
    for (let fetched = BATCH_POINTS; fetched === BATCH_POINTS; ) {
      const { rows } = await restored.query<Point>(`fetch ${BATCH_POINTS} from lost`)
      fetched = rows.length
      if (fetched > 0) points += await store(running, tenantId, rows)
    }
  })
  return points
}

interface Point {
  readonly series_id: number
  readonly ts: string
  readonly value: number
}

async function tenantIn(client: Client, name: string): Promise<number> {
  const { rows } = await client.query<{ id: number | null }>('select (find_tenant($1)).id', [name])
  const id = rows[0]?.id
  if (typeof id !== 'number') throw new Error(`there is no tenant ${name}`)
  return id
}

/** Gives the admin the maintenance role; returns the function that revokes it. A superuser has it anyway. */
async function becomeMember(client: Client): Promise<() => Promise<void>> {
  const { rows } = await client.query<{ member: boolean }>(`select pg_has_role($1, 'member') as member`, [MAINTENANCE])
  if (rows[0]?.member === true) return async () => {}
  await client.query(`grant ${MAINTENANCE} to current_user`)
  return async () => void (await client.query(`revoke ${MAINTENANCE} from current_user`))
}

async function inTransaction(client: Client, begin: string, work: () => Promise<void>): Promise<void> {
  await client.query(begin)
  try {
    await client.query(`set local role ${MAINTENANCE}`)
    await client.query(`set local timezone = 'UTC'`)
    await work()
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

async function store(client: Client, tenantId: number, points: readonly Point[]): Promise<number> {
  let stored = 0
  await inTransaction(client, 'begin', async () => {
    // The lock is taken in a statement before the one that reads the months: see WRITE_LOCK.
    await client.query('select pg_advisory_xact_lock_shared($1)', [WRITE_LOCK])
    const { rows } = await client.query<{ points: number }>(
      `with returned as (
         insert into metric_point (tenant_id, series_id, ts, value)
         select $1::int, series_id, ts, value
         from unnest($2::int[], $3::timestamptz[], $4::float8[]) as lost (series_id, ts, value)
         where date_trunc('month', ts at time zone 'UTC')::date in (select month from metric_month where state = 'live')
         on conflict (series_id, ts) do nothing
         returning series_id, ts
       ), hours as (
         insert into rollup_invalidation (tenant_id, series_id, bucket)
         select distinct $1::int, series_id, date_trunc('hour', ts, 'UTC') from returned
         where ts < (select fence from rollup_mark)
       )
       select count(*)::int as points from returned`,
      [tenantId, points.map((p) => p.series_id), points.map((p) => p.ts), points.map((p) => p.value)],
    )
    stored = rows[0]?.points ?? 0
  })
  return stored
}
