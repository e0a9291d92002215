// Copies points that a restored server has and the running one lost, while the running one accepts points.
import { setTimeout as sleep } from 'node:timers/promises'
import { addMonths, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import { onOneConnection } from '@penstock/shared/database/one-connection.ts'
import { type Units, unitsOf } from '@penstock/shared/database/units.ts'
import { makeColumns, pick, sortColumns } from '@penstock/shared/points/columns.ts'
import { selectExpiry } from '@penstock/shared/points/log-queries.ts'
import { readSeries } from '@penstock/shared/points/read-series.ts'
import { activateSeries, lockSeriesRoom } from '@penstock/shared/points/series-queries.ts'
import { writePoints } from '@penstock/shared/points/write-points.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'
import { type Client, types } from 'pg'
import { OWNER } from '../database/roles.ts'
import { type StoredRun, selectStoredMonths, storedRuns } from './export/stored.ts'

export interface LostPoints {
  readonly tenant: string
  /** Instants in PostgreSQL's syntax; the end is exclusive. */
  readonly from: string
  readonly to: string
}

interface LostRange {
  readonly tenant: { readonly id: number; readonly name: string }
  readonly from: Micros
  /** Exclusive. */
  readonly to: Micros
}

interface BroughtBack {
  readonly points: number
  /** First days of the months that an object in storage holds; their points were left as they are. */
  readonly heldMonths: readonly string[]
}

type Tx = Transaction<Database>

const BATCH_POINTS = 20_000
const WAIT_MS = 60_000
const POLL_MS = 50

/**
 * Stores a tenant's points of a range that are missing in the running database. A point that was stored again is not changed, also when that
 * happens at the same time. Months that an object holds are left out. Both clients are admin connections; `restored` is one to a copy of the
 * database. Safe to repeat and to interrupt.
 * @throws {Error} when one of the databases does not have the tenant with the same id, a series is missing in the running database, or a
 * transaction stays open for longer than a minute.
 */
export async function bringPointsBack(running: Client, restored: Client, asked: LostPoints): Promise<BroughtBack> {
  const id = await tenantIn(running, asked.tenant)
  if ((await tenantIn(restored, asked.tenant)) !== id)
    throw new Error(`${asked.tenant} has another id in the restored database: it is not a copy of this one`)
  const [from, to] = [await instantOf(running, asked.from), await instantOf(running, asked.to)]
  return await bringRangeBack(running, restored, { tenant: { id, name: asked.tenant }, from, to })
}

async function tenantIn(client: Client, name: string): Promise<number> {
  const { rows } = await client.query<{ id: number | null }>('select (find_tenant($1)).id', [name])
  const id = rows[0]?.id
  if (typeof id !== 'number') throw new Error(`there is no tenant ${name}`)
  return id
}

async function instantOf(client: Client, text: string): Promise<Micros> {
  const { rows } = await client.query<{ at: number }>(
    'select (extract(epoch from $1::timestamptz) * 1000000)::float8 as at',
    [text],
  )
  return rows[0]?.at ?? Number.NaN
}

async function bringRangeBack(running: Client, restored: Client, lost: LostRange): Promise<BroughtBack> {
  await using roles = new AsyncDisposableStack()
  const [into, from] = await Promise.all([running, restored].map(async (client) => await unitsAsOwner(client, roles)))
  if (!into || !from) throw new Error('there is no connection')
  const heldMonths: string[] = []
  let points = 0
  const held = new Set([...(await selectHeldMonths(into, lost)), ...(await selectHeldMonths(from, lost))])
  const source = { db: from, tenant: lost.tenant, renew: async () => {} }
  for (const month of new Set([...(await selectStoredMonths(source)), ...held])) {
    if (monthStart(addMonths(month, 1)) <= lost.from || monthStart(month) >= lost.to) continue
    if (held.has(month)) heldMonths.push(month)
    else for await (const batch of batchesOf(storedRuns(source, month), lost)) points += await store(into, lost, batch)
  }
  return { points, heldMonths: heldMonths.toSorted() }
}

/** Uses the client as the tables' owner, to whom row security shows one tenant's rows at a time. */
async function unitsAsOwner(client: Client, roles: AsyncDisposableStack): Promise<Units> {
  await client.query(`set role ${OWNER}`)
  roles.defer(async () => void (await client.query('reset role')))
  for (const type of [types.builtins.TIMESTAMPTZ, types.builtins.TIMESTAMP, types.builtins.DATE])
    client.setTypeParser(type, 'text', String)
  const connection = onOneConnection(client)
  return unitsOf(async (kind, work) => await connection.transaction(kind, work))
}

async function selectHeldMonths(db: Units, { tenant }: LostRange): Promise<readonly string[]> {
  return await db.read(tenant.id, async (tx) => {
    const { rows } = await sql<{ month: string }>`
      select month::text as month from archive
      where dataset = 'metrics' and tenant_id = ${tenant.id}::int and state = 'verified'`.execute(tx)
    return rows.map(({ month }) => month)
  })
}

/** Joins the points that lie in the range to batches. */
async function* batchesOf(runs: AsyncIterable<StoredRun>, { from, to }: LostRange): AsyncGenerator<StoredRun[], void> {
  let batch: StoredRun[] = []
  let points = 0
  for await (const run of runs) {
    const begin = run.at.findIndex((at) => at >= from)
    if (begin === -1) continue
    const behind = run.at.findIndex((at) => at >= to)
    const end = behind === -1 ? run.at.length : behind
    if (end <= begin) continue
    batch.push({ ...run, at: run.at.subarray(begin, end), value: run.value.subarray(begin, end) })
    points += end - begin
    if (points < BATCH_POINTS) continue
    yield batch
    batch = []
    points = 0
  }
  if (batch.length > 0) yield batch
}

/**
 * Stores the missing ones of these points in one transaction. It draws its place in the order of writes first: a transaction that writes later
 * has precedence, and every one that began earlier has ended before this one reads which points are missing.
 */
async function store(db: Units, { tenant }: LostRange, batch: readonly StoredRun[]): Promise<number> {
  return await db.write(tenant.id, async (tx) => {
    await waitForEarlierWriters(tx)
    const { blocks, inactive } = await selectSeries(tx, tenant.id, batch)
    const columns = await missingPoints(tx, tenant.id, batch, blocks)
    if (columns.length === 0) return 0
    if (inactive.length > 0) {
      await lockSeriesRoom(tx, tenant.id)
      await activateSeries(tx, tenant.id, inactive)
    }
    const { isStored } = await writePoints(tx, tenant.id, sortColumns(columns))
    if (!isStored) throw new Error('points of this range expired in the meantime: run this again')
    return columns.length
  })
}

async function waitForEarlierWriters(tx: Tx): Promise<void> {
  await sql`select pg_current_xact_id()`.execute(tx)
  for (let waited = 0; waited < WAIT_MS; waited += POLL_MS) {
    const { rows } = await sql<{ first: boolean }>`
      select pg_snapshot_xmin(pg_current_snapshot()) = pg_current_xact_id() as first`.execute(tx)
    if (rows[0]?.first) return
    await sleep(POLL_MS)
  }
  throw new Error(
    `a transaction that writes has been open for more than ${WAIT_MS / 1000} s: end it (pg_stat_activity, the oldest backend_xid), and run this again`,
  )
}

/** Returns the blocks of the series, and those that are not active. @throws {Error} when one is missing. */
async function selectSeries(
  tx: Tx,
  tenantId: number,
  batch: readonly StoredRun[],
): Promise<{ readonly blocks: ReadonlyMap<number, number>; readonly inactive: readonly number[] }> {
  const ids = [...new Set(batch.map(({ id }) => id))]
  const { rows } = await sql<{ id: number; block: number; active: boolean }>`
    select id, block, active from metric_series where tenant_id = ${tenantId}::int and id = any(${ids}::int[])`.execute(
    tx,
  )
  const blocks = new Map(rows.map(({ id, block }) => [id, block]))
  const missing = batch.find(({ id }) => !blocks.has(id))
  if (missing)
    throw new Error(
      `series ${missing.id} (${missing.series.service}, ${missing.series.type}) is missing in the running database: copy its row of metric_series there first, with its id`,
    )
  return { blocks, inactive: rows.flatMap(({ id, active }) => (active ? [] : [id])) }
}

/** Returns the points that neither log nor chunks have, and that have not expired. */
async function missingPoints(
  tx: Tx,
  tenantId: number,
  batch: readonly StoredRun[],
  blocks: ReadonlyMap<number, number>,
) {
  const series = [...blocks].map(([id, block]) => ({ id, block }))
  const from = batch.reduce((least, { at }) => Math.min(least, at[0] ?? least), Infinity)
  const to = batch.reduce((most, { at }) => Math.max(most, at.at(-1) ?? most), -Infinity)
  const found = await readSeries(tx, { tenantId, series, from, to })
  const expired = await selectExpiry(tx, tenantId)
  const columns = makeColumns(batch.reduce((sum, { at }) => sum + at.length, 0))
  let length = 0
  for (const { id, at, value } of batch) {
    const known = new Set(found.get(id)?.at)
    for (const [i, instant] of at.entries()) {
      if (known.has(instant) || instant < expired) continue
      columns.series[length] = id
      columns.block[length] = blocks.get(id) ?? 0
      columns.at[length] = instant
      columns.value[length++] = value[i] as number
    }
  }
  return pick(
    columns,
    new Uint32Array(length).map((_, i) => i),
  )
}
