import { MINUTE, monthStart } from '@penstock/shared/base/time.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { convertMonth } from '../scripts/data/move/convert-month.ts'
import { describeMove, movePoints } from '../scripts/data/move/move-points.ts'
import { switchStore } from '../scripts/data/move/switch-store.ts'
import { compactEverything } from './support/points/compact-everything.ts'
import { type MovingDatabase, NOVEMBER, OCTOBER, openMovingDatabase, span } from './support/points/moving-database.ts'

let moving: MovingDatabase
beforeEach(async () => {
  moving = await openMovingDatabase()
})
afterEach(async () => await moving.close())

const compact = async () => await compactEverything(moving.client.database.openAs('compaction'))

describe('the move', () => {
  it('changes no answer, at no step', async () => {
    const { answers, deps, count, tenants, client } = moving
    const before = await answers()
    expect(await describeMove(deps)).toEqual({ isSwitched: false, left: 0 })
    expect(await switchStore(deps)).toBe(true)
    expect(await switchStore(deps)).toBe(false)
    expect(await describeMove(deps)).toEqual({ isSwitched: true, left: 6 })
    expect(await answers()).toEqual(before)
    // The years that the migration made do not reach every month that a tenant may have.
    await client.database.query('drop table metric_hour_2026')
    // Some of a month in chunks, and then one month of one tenant.
    const halfway = new Error('halfway')
    const month = { tenantId: tenants[0], month: '2026-10-01' }
    const half = convertMonth(deps, month, () => {
      throw halfway
    })
    await expect(half).rejects.toBe(halfway)
    expect(await count('metric_chunk')).toBeGreaterThan(0)
    expect(await answers()).toEqual(before)
    await convertMonth(deps, month, () => {})
    expect(await answers()).toEqual(before)
    const { points, months, waiting } = await movePoints(deps)
    expect({ points: points > 700, months, waiting }).toEqual({ points: true, months: 5, waiting: [] })
    expect(await answers()).toEqual(before)
    expect(await count('metric_hour')).toBe(4 * 12)
    await compact()
    expect(await answers()).toEqual(before)
    expect(await describeMove(deps)).toEqual({ isSwitched: true, left: 0 })
    const partitions = await client.database.query(`select from pg_class where relname ~ '^metric_(point|rollup)_2026'`)
    expect(partitions).toEqual([])
  })

  it('keeps what is written meanwhile above the rows', async () => {
    const { answers, deps, count, series, write } = moving
    await switchStore(deps)
    const [one, two] = series
    const at = OCTOBER + 41 * MINUTE
    await write([
      [one, at, 77],
      [one, at + 1, 78],
      [two, NOVEMBER + 5, 79],
    ])
    const written = await answers()
    expect(written.join()).toContain('"metric_value":77')
    await compact()
    expect(await answers()).toEqual(written)
    await movePoints(deps)
    expect(await answers()).toEqual(written)
    await compact()
    expect(await count('metric_log')).toBe(0)
    expect(await answers()).toEqual(written)
  })

  it('leaves points that replace rows in the log until their month is moved', async () => {
    const { deps, series, write, client, count } = moving
    const [one] = series
    const [row] = await client.database.query<{ us: string }>(
      `select (extract(epoch from min(ts)) * 1000000)::bigint::text as us from metric_point where series_id = $1 and ts > '2026-10-10Z'`,
      [one],
    )
    const at = Number(row?.us)
    await switchStore(deps)
    await write([[one, at, -5]])
    await compact()
    expect(await count('metric_log')).toBe(1)
    await movePoints(deps)
    await compact()
    const page = await client.range(moving.tenants[0], { ...span, 'labels.s': '0', limit: 1_000 })
    expect(page.rows.filter(({ metric_value }) => metric_value === -5)).toHaveLength(1)
  })

  it('brings deferred points into the log, and no longer lets rows be written', async () => {
    const { deps, count, series, tenants, write, client } = moving
    const [one] = series
    // A month that was never made: its points wait.
    await write([
      [one, monthStart('2026-03-01'), 5],
      [one, monthStart('2026-03-01'), 6],
    ])
    expect(await count('deferred_point')).toBe(1)
    await switchStore(deps)
    expect(await count('deferred_point')).toBe(0)
    const page = await client.range(tenants[0], {
      ...span,
      start_time: '2026-03-01T00:00:00Z',
      end_time: '2026-03-02T00:00:00Z',
    })
    expect(page.rows.map((row) => row.metric_value)).toEqual([6])
    const insert = 'insert into metric_point (tenant_id, series_id, ts, value) values ($1, $2, now(), 1)'
    await expect(client.database.query(insert, [tenants[0], one])).rejects.toThrow(
      'points are no longer written to metric_point',
    )
  })

  it('is refused while a month is on its way to the archive', async () => {
    const { deps, client } = moving
    await client.database.query(`update metric_month set state = 'sealed' where month = '2026-09-01'`)
    await expect(movePoints(deps)).rejects.toThrow(/^2026-09-01: the archive is not done/)
    expect(await describeMove(deps)).toEqual({ isSwitched: false, left: 0 })
  })
})
