import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Months, openMonths } from '../../test/support/months/months.ts'
import { connectStuckWriter, connectWriter } from '../../test/support/points/point-writer.ts'
import { fillAhead, goLive } from './go-live.ts'

let months: Months
beforeAll(async () => {
  months = await openMonths()
})
afterAll(async () => await months.close())

const sleep = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms))

describe('locking writers out', () => {
  it('gives up when a writer never ends, and leaves the month as it was', async () => {
    await months.defer('2016-01-01', [[1, '05T00:00:00Z', 1]])
    const writer = await connectStuckWriter(months.db)
    const deps = months.deps({ lockWaitMs: 20, lockAttempts: 3 })
    await expect(goLive(deps, '2016-01-01')).rejects.toMatchObject({ kind: { status: 503 } })
    expect(await months.stateOf('2016-01-01')).toBeUndefined()
    expect(await months.waiting()).toBe(1)
    await writer.end()
    expect(await goLive(deps, '2016-01-01')).toEqual({ made: true, replayed: 1 })
  })

  it('changes nothing when the month is sealed by somebody else meanwhile', async () => {
    await months.defer('2016-05-01', [[1, '05T00:00:00Z', 1]])
    const stuck = await connectStuckWriter(months.db)
    const deps = months.deps({ lockWaitMs: 20 })
    const pause = async (): Promise<void> => {
      await months.db.query(`insert into metric_month (month, state) values ('2016-05-01', 'sealed')`)
      await stuck.end()
    }
    await expect(goLive({ ...deps, pause }, '2016-05-01')).rejects.toMatchObject({ kind: { status: 503 } })
    expect(await months.stateOf('2016-05-01')).toBe('sealed')
    expect(await months.one(`select to_regclass('metric_point_2016_05')`)).toBeNull()
    expect(await months.waiting()).toBe(1)
    await months.db.query('delete from deferred_point')
  })

  it('makes no writer queue for longer than one attempt behind a writer that is stuck', async () => {
    const stuck = await connectStuckWriter(months.db)
    const going = goLive(months.deps({ lockWaitMs: 100, lockPauseMs: 100 }), '2016-02-01')
    const writer = await connectWriter(months.db, months.tenant)
    let longest = 0
    for (let i = 0; i < 40; i++) {
      const began = performance.now()
      await writer.write({ series: 1, ts: '2016-03-05 00:00:00+00', value: i })
      longest = Math.max(longest, performance.now() - began)
      await sleep(20)
    }
    await stuck.end()
    expect(await going).toEqual({ made: true, replayed: 0 })
    expect(longest).toBeGreaterThan(20)
    expect(longest).toBeLessThan(1_000)
    await writer.end()
    await months.db.query('delete from deferred_point')
  })

  it('waits for a vacuum of its table while writers go on', async () => {
    await months.deferMany('2016-06-01', 30)
    await fillAhead(months.deps(), '2016-06-01')
    const vacuum = new Client({ connectionString: months.db.url })
    await vacuum.connect()
    await vacuum.query('begin; lock table metric_point_2016_06 in share update exclusive mode')
    const going = goLive(months.deps({ lockAttempts: 1 }), '2016-06-01')
    const writer = await connectWriter(months.db, months.tenant)
    for (let i = 0; i < 20; i++) {
      const began = performance.now()
      expect(await writer.write({ series: 1, ts: '2016-06-05 00:00:00+00', value: i })).toBe('deferred')
      expect(performance.now() - began).toBeLessThan(500)
      await sleep(30)
    }
    await vacuum.end()
    expect(await going).toEqual({ made: true, replayed: 20 })
    await writer.end()
  })

  it('stops neither a reader that began before nor one that begins meanwhile, nor does a reader stop it', async () => {
    const reader = new Client({ connectionString: months.db.urlOf('metrics-query') })
    await reader.connect()
    await reader.query('begin; select count(*) from metric_point')
    const stuck = await connectStuckWriter(months.db)
    let settled = false
    const going = goLive(months.deps({ lockWaitMs: 50, lockPauseMs: 10 }), '2016-04-01').finally(() => (settled = true))
    await sleep(100)
    for (let i = 0; i < 20; i++) {
      const began = performance.now()
      await reader.query('select count(*) from metric_point')
      expect(performance.now() - began).toBeLessThan(500)
    }
    expect(settled).toBe(false)
    await stuck.end()
    expect(await going).toEqual({ made: true, replayed: 0 })
    await reader.query('select count(*) from metric_point')
    await reader.query('commit')
    await reader.end()
  })
})
