import { promisify } from 'node:util'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { collectPoints } from '@penstock/shared/points/named-columns.ts'
import { createSeriesResolver, resolveNames } from '@penstock/shared/points/series.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createWriter } from '../functions/metrics-ingest/writer.ts'
import { type ActiveSeriesDeps, countActiveSeries } from '../functions/retention/stored/active-series.ts'
import { placedColumns } from './support/points/placed-columns.ts'
import { createTenant } from './support/postgres/database.ts'
import { type LogDatabase, openLog } from './support/postgres/log-database.ts'

const NOON = Date.UTC(2026, 10, 20, 12) * 1000

let log: LogDatabase
let retention: PenstockDatabase
let ingest: PenstockDatabase
let tenant: number
beforeAll(async () => {
  log = await openLog(['2026-11-01'])
  retention = log.open('retention')
  ingest = log.open('metrics-ingest')
})
afterAll(async () => await log.close())
beforeEach(async () => {
  await log.db.query(`update tenant set series_counted_at = 'infinity'`)
  tenant = await createTenant(log.db)
  await log.db.query('update tenant set series_limit = 3 where id = $1', [tenant])
})

const caller = () => ({ id: tenant, name: 't', seriesLimit: 3, ignoredLabels: [] })
const names = (...types: string[]) => types.map((type) => ({ service: 's', type, unit: 'u', labels: '{}' }))
const instance = () => {
  const series = createSeriesResolver({ db: ingest, now: Date.now })
  return { series, ids: async (...types: string[]) => (await resolveNames(series, caller(), names(...types))).ids }
}
async function count(idleHours = 0): Promise<void> {
  const deps: ActiveSeriesDeps = {
    db: retention,
    now: Date.now,
    pause: promisify(setTimeout),
    limits: { idleHours, countedSeries: 2 },
  }
  await log.db.query(`update tenant set series_counted_at = '-infinity' where id = $1`, [tenant])
  const call = { cutoff: 0, dryRun: false, deadline: Date.now() + 20_000, renew: async () => {} }
  expect(await countActiveSeries(deps, call)).toEqual({ more: false })
}
const state = async () =>
  (await log.db.query('select series_count, series_epoch::int as epoch from tenant where id = $1', [tenant]))[0]

describe('a series without points', () => {
  it('leaves the count, and makes room for another', async () => {
    const { ids } = instance()
    const made = await ids('a', 'b', 'c')
    expect(await ids('d')).toEqual([undefined])
    await log.write([[{ id: made[0] ?? 0, block: 0 }, NOON, 1]], tenant)
    await count()
    expect(await state()).toEqual({ series_count: 1, epoch: 2 })
    expect((await ids('d', 'e')).every((id) => id !== undefined)).toBe(true)
    expect(await ids('f')).toEqual([undefined])
  })

  it('stays in the count until it is old enough', async () => {
    await instance().ids('a', 'b', 'c')
    await count(24)
    expect(await state()).toEqual({ series_count: 3, epoch: 0 })
    await log.db.query(`update metric_series set created_at = now() - interval '25 hours' where metric_type < 'c'`)
    await count(24)
    expect(await state()).toEqual({ series_count: 1, epoch: 1 })
  })

  it('keeps its id, and counts again when it is written, as far as there is room', async () => {
    const before = await instance().ids('a', 'b', 'c')
    await count()
    expect(await instance().ids('x')).not.toContain(undefined)
    const { ids } = instance()
    expect(await ids('a', 'b', 'c')).toEqual([before[0], before[1], undefined])
    expect(await state()).toMatchObject({ series_count: 3 })
  })

  it('is looked up again by an instance that remembers its id, before it writes', async () => {
    const { series, ids } = instance()
    const store = createWriter({ db: ingest, now: Date.now })
    const [id = 0] = await ids('a')
    const write = async (epoch: number) =>
      await store(tenant, {
        points: placedColumns([{ index: 0, series: id, at: NOON, value: 1 }]),
        epoch,
        strict: false,
        idempotency: null,
      })
    await count()
    expect(await state()).toEqual({ series_count: 0, epoch: 1 })
    // The first write of an instance asks for the store, the next ones know it: both ways.
    expect(await write(0)).toEqual({ kind: 'moved', epoch: 1 })
    expect(await write(0)).toEqual({ kind: 'moved', epoch: 1 })
    expect(await log.db.query('select from metric_log where tenant_id = $1', [tenant])).toEqual([])
    series.moveTo(caller(), 1)
    expect(await ids('a')).toEqual([id])
    expect(await state()).toEqual({ series_count: 1, epoch: 1 })
    expect(await write(1)).toMatchObject({ kind: 'written', stored: 1 })
  })

  it('with points in chunks or in the log is none', async () => {
    const [a = 0, b = 0] = await instance().ids('a', 'b')
    await log.write([[{ id: a, block: 0 }, NOON, 1]], tenant)
    await log.db.query(
      `insert into metric_chunk (tenant_id, series_id, first_ts, last_ts, n, unit, gap, value)
       values ($1, $2, '2026-11-20', '2026-11-20', 1, 1, '{0}', '{1}')`,
      [tenant, b],
    )
    await count()
    expect(await state()).toEqual({ series_count: 2, epoch: 0 })
  })
})

describe('an instance whose memory was filled in another epoch', () => {
  it('resolves everything again', async () => {
    const { series, ids } = instance()
    const before = await ids('a', 'b')
    await log.db.query('delete from metric_series where tenant_id = $1', [tenant])
    await log.db.query('update tenant set series_epoch = 1, series_count = 0 where id = $1', [tenant])
    // It cannot know yet, until it meets a series that it does not remember.
    expect(await ids('a')).toEqual([before[0]])
    const after = await ids('a', 'b', 'c')
    expect(after.some((id) => before.includes(id))).toBe(false)
    const points = collectPoints()
    points.add(0, points.placeOf(series.memoryOf(caller()).know(names('a')[0] as never)), 0, 0)
    expect(await series.resolve(caller(), points.columns)).toMatchObject({ epoch: 1, limitDetail: null })
  })
})
