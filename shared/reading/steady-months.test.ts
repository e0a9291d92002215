import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createQueryClient, type QueryClient } from '../../test/support/points/query-client.ts'
import { addPoints, addSeries } from '../../test/support/points/stored-series.ts'
import { createTenant, type TestDatabase } from '../../test/support/postgres/database.ts'
import { parseTimestamp } from '../base/time.ts'

const NOON = parseTimestamp('2026-10-20T12:00:00Z') as number
const service = { service_name: 'svc', metric_type: 'temp' }
const october = { start_time: '2026-10-01T00:00:00Z', end_time: '2026-11-30T00:00:00Z' }

let client: QueryClient
let database: TestDatabase
let tenant: number
beforeAll(async () => {
  client = await createQueryClient({ months: ['2026-10-01', '2026-11-01'], now: NOON })
  database = client.database
  tenant = await createTenant(database)
  const series = await addSeries(database, tenant)
  await addPoints(database, tenant, series, [[NOON, 3]])
  await database.query(`insert into metric_rollup values ($1, $2, '2026-10-20 12:00Z', 1, 3, 3, 3)`, [tenant, series])
  await database.query(`update rollup_mark set fence = '2026-11-20 00:00Z', watermark = '2026-11-20 00:00Z'`)
})
afterAll(async () => await client.close())
beforeEach(async () => {
  client.afterStatement = async () => {}
  await moveTo('verified')
})

const moveTo = async (state: string) =>
  await database.query(`update metric_month set state = $1 where month = '2026-10-01'`, [state])

/** After a read's first look at the states, its month goes cold and is detached; for a while. */
function leaveDuringTheRead(): { reads: number } {
  const seen = { reads: 0 }
  client.afterStatement = async () => {
    if (seen.reads++ > 0) return
    await moveTo('cold')
    await database.query('alter table metric_point detach partition metric_point_2026_10')
  }
  return seen
}

async function comeBack(): Promise<void> {
  client.afterStatement = async () => {}
  await database.query(
    `alter table metric_point attach partition metric_point_2026_10 for values from ('2026-10-01 00:00:00+00') to ('2026-11-01 00:00:00+00')`,
  )
}

describe('a month that leaves the database while it is read', () => {
  it('is not answered as empty by an aggregate: it is read again, from its roll-ups', async () => {
    const wanted = [3]
    const partly = { ...october, ...service, interval: 'hour', start_time: '2026-10-20T12:00:00Z' }
    leaveDuringTheRead()
    expect((await client.aggregate(tenant, partly)).data.map((bucket) => bucket.sum_value)).toEqual(wanted)
    await comeBack()
    await moveTo('verified')
    expect((await client.aggregate(tenant, partly)).data.map((bucket) => bucket.sum_value)).toEqual(wanted)
  })

  it.each([
    ['range', async () => await client.range(tenant, october)],
    ['list of series', async () => await client.series(tenant, {})],
  ])('has a %s read again', async (_, ask) => {
    let quiet = 0
    client.afterStatement = async (count) => void (quiet = count)
    await ask()
    const statements = { first: quiet, moved: 0 }
    client.afterStatement = async (count) => {
      statements.moved = count
      if (count === 1) await moveTo('cold')
    }
    await ask()
    expect(statements.moved).toBeGreaterThan(statements.first)
  })

  it('is not read again for a state that leaves its points where they are', async () => {
    let quiet = 0
    client.afterStatement = async (count) => void (quiet = count)
    await client.range(tenant, october)
    let moved = 0
    client.afterStatement = async (count) => {
      moved = count
      if (count === 1) await moveTo('sealed')
    }
    await client.range(tenant, october)
    expect(moved).toBe(quiet)
  })

  it('is answered by 503 when it comes and goes all the time', async () => {
    client.afterStatement = async (count) => {
      if (count % 2 === 1) await moveTo(count % 4 === 1 ? 'cold' : 'live')
    }
    await expect(client.series(tenant, {})).rejects.toMatchObject({ kind: { status: 503 } })
  })
})

describe('the source of an aggregate', () => {
  it('is what its range is read from', async () => {
    const query = { ...october, ...service, interval: 'hour' }
    expect(await client.sourceOf(tenant, query)).toBe('rollups, points')
    expect(await client.sourceOf(tenant, { ...query, end_time: '2026-11-01T00:59:59.999999Z' })).toBe('rollups')
    expect(await client.sourceOf(tenant, { ...query, interval: 'minute' })).toBe('points')
    expect(await client.sourceOf(tenant, { ...query, percentiles: '50' })).toBe('points')
  })
})
