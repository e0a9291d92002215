import { setTimeout as sleep } from 'node:timers/promises'
import { DAY, MINUTE, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { expireMonths } from '@penstock/shared/lifecycle/expiry.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type LogArchive, openLogArchive, runLimits } from '../../../test/support/months/log-archive.ts'
import { compactEverything, passTheGate } from '../../../test/support/points/compact-everything.ts'
import { betweenStatements } from '../../../test/support/postgres/between-statements.ts'
import { createTenant } from '../../../test/support/postgres/database.ts'
import type { LogPoint } from '../../../test/support/postgres/log-database.ts'
import { mapMonths } from '../objects/archives.ts'
import { placeHold } from '../objects/holds.ts'
import { archiveStored, bringBackStored, expireStored, type StoredDeps } from './stored-months.ts'

const [MARCH, APRIL, MAY] = ['2026-03-01', '2026-04-01', '2026-05-01'].map(monthStart) as [Micros, Micros, Micros]

let log: LogArchive
let compaction: PenstockDatabase
let deps: StoredDeps
let tenant: number
beforeAll(async () => {
  log = await openLogArchive(['2026-04-01'])
  compaction = log.open('compaction')
  deps = { ...log.deps, limits: { ...runLimits, reopenEveryMs: 3_600_000, manyPoints: 50 } }
})
afterAll(async () => await log.close())
beforeEach(async () => {
  for (const table of [
    'metric_log',
    'metric_chunk',
    'metric_hour',
    'compaction_mark',
    'archive',
    'archive_hold',
    'metric_expiry',
    'metric_series_span',
  ])
    await log.db.query(`delete from ${table}`)
  for (const name of log.storage.names()) log.storage.remove(name)
  tenant = await createTenant(log.db)
  await write(tenant, MARCH, APRIL, MAY)
  await compactEverything(compaction)
})

async function write(of: number, ...begins: readonly Micros[]): Promise<void> {
  const series = await log.series(0, of)
  for (const begin of begins)
    await log.write(
      Array.from({ length: 20 }, (_, i): LogPoint => [series, begin + i * MINUTE, i]),
      of,
    )
}

const call = (cutoff: Micros, more = {}) => ({
  cutoff,
  dryRun: false,
  deadline: Number.POSITIVE_INFINITY,
  renew: async () => {},
  ...more,
})

async function archive(cutoff = MAY, more = {}) {
  await passTheGate(log.deps.db)
  return await archiveStored(deps, call(cutoff, more))
}

const monthsOf = async (of = tenant) =>
  (
    await log.db.query<{ text: string }>(
      `select month::text || ' ' || state as text from archive where tenant_id = $1 and removed_at is null order by month`,
      [of],
    )
  ).map(({ text }) => text)

describe('archiveStored', () => {
  it('archives the months that are due, and then nothing', async () => {
    expect(await archive(MAY, { dryRun: true })).toMatchObject({ archived: 40, uris: [] })
    expect(await monthsOf()).toEqual([])
    expect(await archive()).toMatchObject({
      archived: 40,
      taken: 40,
      more: false,
      uris: [expect.any(String), expect.any(String)],
    })
    expect(await monthsOf()).toEqual(['2026-03-01 verified', '2026-04-01 verified'])
    expect(await archive()).toMatchObject({ archived: 0, taken: 0 })
    expect(await log.stored()).toHaveLength(20)
  })

  it('merges late points when they are many, or when the object has been there for a while', async () => {
    await archive()
    await write(tenant, MARCH + DAY)
    expect(await archive()).toMatchObject({ archived: 0 })
    await log.db.query(`update archive set written_at = now() - interval '2 hours'`)
    expect(await archive()).toMatchObject({ archived: 40, taken: 20 })
    await write(tenant, MARCH + 2 * DAY, MARCH + 3 * DAY, MARCH + 4 * DAY)
    expect(await archive()).toMatchObject({ archived: 100, taken: 60 })
  })

  it('brings an object of an older name to the fixed name once, and its series get their spans', async () => {
    await archive()
    const fixed = (await log.objectOf('2026-03-01', tenant))?.name ?? ''
    const old = fixed.replace('part-0', `part-${'a'.repeat(64)}`)
    const there = await log.store.stat(fixed)
    if (!there) throw new Error('there is no object')
    const copy = await log.store.copy(there, { name: old, over: '0' })
    await log.store.remove(there)
    await log.db.query('update archive set name = $2, generation = $3 where name = $1', [fixed, old, copy.generation])
    await log.db.query('delete from metric_series_span')

    expect(await archive()).toMatchObject({ archived: 20, taken: 0 })
    expect((await log.objectOf('2026-03-01', tenant))?.name).toBe(fixed)
    expect(await log.db.query('select tenant_id, first_ts, last_ts from metric_series_span')).toEqual([
      { tenant_id: tenant, first_ts: '2026-03-01 00:00:00+00', last_ts: '2026-03-01 00:19:00+00' },
    ])
    expect(await archive()).toMatchObject({ archived: 0, taken: 0 })
  })

  it('lets one tenant’s trouble stop no other', async () => {
    const other = await createTenant(log.db)
    await write(other, MARCH)
    await log.db.query(`update metric_series set unit = 'changed' where tenant_id = $1`, [tenant])
    const done = await archive()
    expect(done.error).toMatch(/does not match its identity/)
    expect(await monthsOf(other)).toEqual(['2026-03-01 verified'])
    expect(await log.db.query('select from archiving')).toEqual([])
  })
})

describe('expireStored', () => {
  it('expires a tenant’s months from the oldest on, up to a hold', async () => {
    await archive()
    const never = monthStart('2020-01-01')
    expect(await expireStored(deps, call(never))).toEqual({ deleted: 0, more: false })
    await log.db.query(
      `insert into archive_hold (tenant_id, dataset, from_ts, to_ts, reason, placed_by)
       values ($1, 'metrics', '2026-04-10', '2026-04-11', 'a lawsuit', 'somebody')`,
      [tenant],
    )
    const late = (Date.now() + 1_000) * 1000
    expect(await expireStored(deps, call(late, { dryRun: true }))).toEqual({ deleted: 1, more: false })
    expect(await expireStored(deps, call(late))).toEqual({ deleted: 1, more: false })
    expect(await monthsOf()).toEqual(['2026-04-01 verified'])
    expect(log.storage.names()).toHaveLength(1)
    // A point of a writer that had read the older mark is deleted by the next run.
    await log.db.query(
      `insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
      select $1, 0, ts, ts, 1, array[1], array[ts], array[1] from (values (timestamptz '2026-03-05')) v (ts)`,
      [tenant],
    )
    await log.db.query('update archive_hold set released_at = now(), released_by = $1', ['somebody'])
    expect(await expireStored(deps, call(late))).toEqual({ deleted: 1, more: false })
    expect(await log.stored()).toHaveLength(20)
    expect(await log.db.query('select from metric_log where last_ts < $1', ['2026-05-01'])).toEqual([])
    expect(await log.db.query('select before::text from metric_expiry')).toEqual([{ before: '2026-05-01 00:00:00+00' }])
    expect(log.storage.names()).toEqual([])
  })
})

describe('a hold that is placed while months expire', () => {
  it('is answered before the month expires, which it then keeps, or after it has expired', async () => {
    await archive()
    const [named] = await log.db.query<{ name: string }>('select name from tenant where id = $1', [tenant])
    const request = { tenant: named?.name ?? '', start_time: APRIL, end_time: MAY, reason: 'a lawsuit' }
    const holding = log.open('retention')
    let placed: Promise<unknown> | undefined
    let isAnswered = false
    // The expiry has read the holds, and has not moved the mark.
    const db = betweenStatements(log.open('retention'), async (_, backend) => {
      if (
        placed ||
        (
          await log.db.query('select from pg_locks where pid = $1 and relation = $2::regclass', [
            backend,
            'archive_hold',
          ])
        ).length === 0
      )
        return
      placed = placeHold({ ...log.deps, db: holding }, request, 'counsel').then(() => (isAnswered = true))
      await sleep(300)
      expect(isAnswered).toBe(false)
    })
    const late = (Date.now() + 1_000) * 1000
    expect(await expireMonths({ ...log.deps, db }, tenant, late)).toBe(2)
    await placed
    expect(isAnswered).toBe(true)
    expect((await log.db.query('select from archive_hold')).length).toBe(1)
  })
})

describe('the map of months', () => {
  it('says where the points of each month are, of all tenants or of one', async () => {
    await archive(APRIL)
    const other = await createTenant(log.db)
    await write(other, MARCH)
    const [{ name } = { name: '' }] = await log.db.query<{ name: string }>('select name from tenant where id = $1', [
      other,
    ])
    const map = async (of?: string) =>
      (await mapMonths(log.deps as never, of)).months.map(({ month, state, rows, objects }) =>
        [month.slice(0, 7), state, rows, objects].join(' '),
      )
    expect(await map()).toEqual(['2026-03 dropped 40 1', '2026-04 live 20 0', '2026-05 live 20 0'])
    expect(await map(name)).toEqual(['2026-03 live 20 0', '2026-04 live 0 0'])
    await archive(MAY)
    await expireStored(deps, call((Date.now() + 1_000) * 1000))
    expect(await map()).toEqual(['2026-03 expired 0 0', '2026-04 live 0 0', '2026-05 live 20 0'])
  })
})

describe('bringBackStored', () => {
  it('brings the month of every tenant back, and refuses one that is not archived', async () => {
    const other = await createTenant(log.db)
    await write(other, MARCH)
    await archive()
    const run = { ...deps, renew: async () => {} }
    expect(await bringBackStored(run, '2026-03-01')).toEqual({ month: '2026-03-01', restored: 40, merged: 0 })
    expect(await log.stored()).toHaveLength(60)
    await expect(bringBackStored(run, '2026-03-01')).rejects.toMatchObject({ kind: { status: 404 } })
    expect(await archive()).toMatchObject({ archived: 40 })
  })
})
