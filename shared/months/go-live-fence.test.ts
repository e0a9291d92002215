import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Months, openMonths } from '../../test/support/months/months.ts'
import { connectStuckWriter } from '../../test/support/points/point-writer.ts'
import { fillAhead, goLive, replay } from './go-live.ts'

let months: Months
beforeAll(async () => {
  months = await openMonths()
})
afterAll(async () => await months.close())

describe('hours below the fence', () => {
  const hours = async () =>
    await months.db.query('select tenant_id, series_id, bucket from rollup_invalidation order by series_id, bucket')
  const setFence = async (fence: string): Promise<void> => {
    await months.db.query('delete from rollup_invalidation')
    await months.db.query('update rollup_mark set fence = $1', [fence])
  }
  const points = [
    [1, '05T00:59:59.999999Z', 1],
    [1, '05T00:00:00Z', 1],
    [1, '05T01:00:00Z', 1],
    [2, '05T01:30:00Z', 1],
    [2, '05T02:00:00Z', 1],
  ] as const
  const expected = (month: string) => [
    { tenant_id: months.tenant, series_id: 1, bucket: `${month.slice(0, 8)}05 00:00:00+00` },
    { tenant_id: months.tenant, series_id: 1, bucket: `${month.slice(0, 8)}05 01:00:00+00` },
    { tenant_id: months.tenant, series_id: 2, bucket: `${month.slice(0, 8)}05 01:00:00+00` },
  ]

  it('are recorded once for each series, when the points are moved', async () => {
    await setFence('2014-01-05 02:00:00+00')
    await months.defer('2014-01-01', points)
    await goLive(months.deps(), '2014-01-01')
    expect(await hours()).toEqual(expected('2014-01-01'))
  })

  it('are recorded at the moment of going live for points that were filled ahead', async () => {
    await setFence('-infinity')
    await months.defer('2014-02-01', points)
    const deps = months.deps({ lastPoints: 0 })
    await fillAhead(deps, '2014-02-01')
    await setFence('2014-02-05 02:00:00+00')
    await goLive(deps, '2014-02-01')
    expect(await hours()).toEqual(expected('2014-02-01'))
  })

  it('are recorded when the fence passes them while writers are being locked out', async () => {
    await setFence('2014-03-05 01:00:00+00')
    await months.defer('2014-03-01', points)
    await fillAhead(months.deps({ lastPoints: 0 }), '2014-03-01')
    const writer = await connectStuckWriter(months.db)
    const moveFence = async (): Promise<void> => {
      await months.db.query('update rollup_mark set fence = $1', ['2014-03-05 02:00:00+00'])
      await writer.end()
    }
    const deps = months.deps({ lockWaitMs: 50 })
    let paused = false
    const pause = async (ms: number): Promise<void> => {
      if (!paused) await moveFence()
      paused = true
      await deps.pause(ms)
    }
    await goLive({ ...deps, pause }, '2014-03-01')
    expect(paused).toBe(true)
    expect(await hours()).toEqual(expected('2014-03-01'))
  })

  it('are recorded for replayed points, those of them that were stored', async () => {
    await goLive(months.deps(), '2014-04-01')
    await setFence('2014-04-05 02:00:00+00')
    await months.defer('2014-04-01', points)
    await months.db.query(`insert into metric_point values ($1, 2, '2014-04-05 01:30:00+00', 7)`, [months.tenant])
    expect(await replay(months.deps(), '2014-04-01')).toBe(5)
    expect(await hours()).toEqual(expected('2014-04-01').slice(0, 2))
  })
})
