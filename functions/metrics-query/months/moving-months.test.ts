// Answers while months leave the database and come back.
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@penstock/shared/base/problem.ts'
import { formatTimestamp, HOUR, monthStart, SECOND } from '@penstock/shared/base/time.ts'
import { openArchive } from '@penstock/shared/reading/archive-reading.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ObjectMemory, openObjectMemory } from '../../../test/support/months/archive-objects.ts'
import { dropPartition, rollUp, setState, writeMonth } from '../../../test/support/months/moved-months.ts'
import { attachPartition } from '../../../test/support/points/points.ts'
import { createQueryClient, type QueryClient } from '../../../test/support/points/query-client.ts'
import { addPoints, addSeries } from '../../../test/support/points/stored-series.ts'
import { createTenant } from '../../../test/support/postgres/database.ts'
import { defaultLimits } from '../limits.ts'

const PAUSE_MS = 50
const MONTH = '2026-07-01'
const JULY = monthStart(MONTH)
const all = [
  [JULY - HOUR, 1],
  [JULY + HOUR + SECOND, 2],
  [JULY + 2 * HOUR, 4],
  [JULY + 40 * 24 * HOUR, 8],
] as const
const july = all.slice(1, 3)
const range = { start_time: formatTimestamp(JULY - 2 * HOUR), end_time: formatTimestamp(JULY + 60 * 24 * HOUR) }

let client: QueryClient
let memory: ObjectMemory
let tenant: number
let series: number
beforeEach(async () => {
  memory = openObjectMemory()
  const archive = openArchive(memory, defaultLimits)
  client = await createQueryClient({
    months: ['2026-06-01', MONTH, '2026-08-01'],
    now: monthStart('2026-09-01'),
    archive,
  })
  tenant = await createTenant(client.database)
  series = await addSeries(client.database, tenant)
  await addPoints(client.database, tenant, series, all)
  await rollUp(client.database, '2026-08-01 00:00:00+00')
})
afterEach(async () => await client.close())

const values = async () => (await client.range(tenant, range)).rows.map((metric) => metric.metric_value)
const sums = async (interval: string) =>
  (await client.aggregate(tenant, { ...range, service_name: 'svc', metric_type: 'temp', interval })).data.map(
    (bucket) => [bucket.timestamp.slice(0, 16), bucket.count, bucket.sum_value],
  )
const ends = async () => (await client.series(tenant, {})).rows.map((row) => [row.first_timestamp, row.last_timestamp])

async function leave(month = MONTH): Promise<void> {
  await writeMonth(client.database, memory, month)
  await setState(client.database, month, 'cold')
  await setState(client.database, month, 'detached')
  await dropPartition(client.database, 'metric_point', month)
  await setState(client.database, month, 'dropped')
}

/** Back into the database, with what it had. */
async function comeBack(points: readonly (readonly [number, number])[] = july): Promise<void> {
  const { database } = client
  await attachPartition(database, 'metric_point', MONTH)
  await addPoints(database, tenant, series, points)
  await setState(database, MONTH, 'live')
  const objects = await database.query<{ name: string }>(
    `update archive set state = 'replaced' where month = $1 and state = 'verified' returning name`,
    [MONTH],
  )
  for (const object of objects) memory.remove(object)
}

/** Does it once, before the first read of the archive. */
function atFirstRead(work: () => Promise<void>): void {
  memory.beforeRead = async () => {
    memory.beforeRead = async () => {}
    await work()
  }
}

describe('a read of an archived month', () => {
  const expected = {
    values: [8, 4, 2, 1],
    hours: [
      ['2026-06-30T23:00', 1, 1],
      ['2026-07-01T01:00', 1, 2],
      ['2026-07-01T02:00', 1, 4],
      ['2026-08-10T00:00', 1, 8],
    ],
  }

  it('during which the month comes back answers what is there', async () => {
    for (const ask of [values, async () => await sums('minute'), ends]) {
      await leave()
      atFirstRead(comeBack)
      const answer = await ask()
      // The same answer as with everything in the database.
      expect(answer).toEqual(await ask())
    }
    expect(await values()).toEqual(expected.values)
    expect(await sums('hour')).toEqual(expected.hours)
  })

  it('during which the month is archived again with a late point answers with it', async () => {
    await leave()
    atFirstRead(async () => {
      await comeBack([...july, [JULY + 3 * HOUR, 16]])
      await leave()
    })
    expect(await values()).toEqual([8, 16, 4, 2, 1])
    atFirstRead(async () => {
      await comeBack([...july, [JULY + 3 * HOUR, 16], [JULY + 3 * HOUR + 1, 32]])
      await leave()
    })
    expect((await sums('minute')).reduce((sum, [, , total]) => sum + Number(total), 0)).toBe(63)
  })

  it('whose object is gone, and should be there, is 503', async () => {
    await leave()
    memory.remove({ name: 'object-0' })
    await expect(values()).rejects.toMatchObject({ kind: { status: 503 }, headers: { 'retry-after': '60' } })
    // Roll-ups need none.
    expect(await sums('hour')).toEqual(expected.hours)
  })

  it('has nothing of a month that expired, but for what its roll-ups tell', async () => {
    await leave()
    await setState(client.database, MONTH, 'expired')
    expect(await values()).toEqual([8, 1])
    expect(await sums('hour')).toEqual(expected.hours)
    expect(await sums('minute')).toHaveLength(2)
    await dropPartition(client.database, 'metric_rollup', MONTH)
    expect(await sums('hour')).toHaveLength(2)
  })

  it('names its sources', async () => {
    const ask = { ...range, service_name: 'svc', metric_type: 'temp' }
    expect(await client.sourceOf(tenant, { ...ask, interval: 'hour' })).toBe('rollups, points')
    await leave()
    expect(await client.sourceOf(tenant, { ...ask, interval: 'hour' })).toBe('rollups, points')
    expect(await client.sourceOf(tenant, { ...ask, interval: 'minute' })).toBe('points, archive')
    const start_time = formatTimestamp(JULY + HOUR + 1)
    expect(await client.sourceOf(tenant, { ...ask, start_time, interval: 'hour' })).toBe('rollups, points, archive')
  })

  it('is refused over the limit of series, and says how to narrow it', async () => {
    await leave()
    await addSeries(client.database, tenant, { service: 'other' })
    expect((await client.range(tenant, range, { archiveSeries: 2 })).rows).toHaveLength(4)
    await expect(client.range(tenant, range, { archiveSeries: 1 })).rejects.toMatchObject({
      kind: { slug: 'archive_too_large' },
      detail: expect.stringContaining('service_name=') as string,
    })
    const page = await client.range(tenant, { ...range, service_name: 'svc' }, { archiveSeries: 1 })
    expect(page.rows).toHaveLength(4)
  })
})

describe('a list of series', () => {
  it('that would need too much of the archive is a shorter page, and its cursor leads to the rest', async () => {
    const other = await addSeries(client.database, tenant, { service: 'other' })
    await addPoints(client.database, tenant, other, [[JULY + HOUR, 1]])
    await leave()
    await leave('2026-06-01')
    const first = await client.series(tenant, {}, { archiveObjects: 1 })
    expect(first.rows.map((row) => [row.service_name, row.first_timestamp])).toEqual([
      ['svc', formatTimestamp(JULY - HOUR)],
    ])
    const second = await client.series(tenant, { cursor: String(first.cursor) }, { archiveObjects: 1 })
    expect(second.rows.map((row) => [row.service_name, row.first_timestamp])).toEqual([
      ['other', formatTimestamp(JULY + HOUR)],
    ])
    expect(second.cursor).toBeUndefined()
    expect((await client.series(tenant, {})).rows).toEqual([...first.rows, ...second.rows])
  })

  it('of which a single one would need too much is refused', async () => {
    const other = await addSeries(client.database, tenant, { service: 'other' })
    await addPoints(client.database, tenant, other, [[JULY + HOUR, 1]])
    await leave()
    await expect(client.series(tenant, { service_name: 'other' }, { archiveObjects: 0 })).rejects.toMatchObject({
      kind: { slug: 'archive_too_large' },
    })
  })
})

describe('months that leave and come back all the time', () => {
  it('do not show in answers', async () => {
    const questions: Readonly<Record<string, () => Promise<unknown>>> = {
      values,
      hours: async () => await sums('hour'),
      minutes: async () => await sums('minute'),
      ends,
    }
    const answered: Record<string, number> = {}
    const expected: Record<string, string> = {}
    for (const [what, ask] of Object.entries(questions)) expected[what] = JSON.stringify(await ask())
    let over = false
    const mover = (async () => {
      while (!over) {
        await leave()
        await sleep(PAUSE_MS)
        await comeBack()
        await sleep(PAUSE_MS)
      }
    })()
    const reader = async (what: string, ask: () => Promise<unknown>) => {
      for (const end = Date.now() + 4_000; Date.now() < end; ) {
        const answer = await ask().catch((error: unknown) => {
          // It moves more often than anybody would have it.
          if (!(error instanceof Problem) || error.kind.status !== 503) throw error
          return undefined
        })
        if (answer === undefined) continue
        expect(JSON.stringify(answer)).toBe(expected[what])
        answered[what] = (answered[what] ?? 0) + 1
      }
    }
    try {
      await Promise.all(Object.entries(questions).map(async ([what, ask]) => await reader(what, ask)))
    } finally {
      over = true
      await mover
    }
    expect(Object.keys(answered).toSorted()).toEqual(Object.keys(questions).toSorted())
  }, 60_000)
})
