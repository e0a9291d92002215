// Compares cached answers with fresh ones through every change of the stored data.

import { DAY, formatTimestamp, HOUR, MINUTE, monthStart } from '@penstock/shared/base/time.ts'
import { createCache } from '@penstock/shared/cache/cache.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { validateQuery } from '@penstock/shared/http/validation.ts'
import { refreshInvalidHours } from '@penstock/shared/months/rollup-hours.ts'
import { openArchive } from '@penstock/shared/reading/archive-reading.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ObjectMemory, openObjectMemory } from '../../test/support/months/archive-objects.ts'
import { dropPartition, rollUp, setState, writeMonth } from '../../test/support/months/moved-months.ts'
import { attachPartition } from '../../test/support/points/points.ts'
import { callerOf, createQueryClient, type QueryClient } from '../../test/support/points/query-client.ts'
import { addPoints, addSeries } from '../../test/support/points/stored-series.ts'
import { createTenant, type TestDatabase } from '../../test/support/postgres/database.ts'
import { aggregate } from './aggregate/aggregate.ts'
import { AggregateQuery, answerTypes, RangeQuery } from './contract.ts'
import { range } from './handler.ts'
import { type KeptDeps, keptAggregate, keptRange } from './kept-answers.ts'
import { defaultLimits } from './limits.ts'
import { pointForms } from './range/point-forms.ts'

const JULY = monthStart('2026-07-01')
const AUGUST = monthStart('2026-08-01')
/** Roll-ups are complete below this instant; the stored data extends beyond. */
const WATERMARK = AUGUST + 2 * DAY
const HOURS = [JULY + 5 * HOUR, JULY + 30 * DAY, AUGUST, AUGUST + DAY]

let client: QueryClient
let database: TestDatabase
let rollups: PenstockDatabase
let memory: ObjectMemory
let tenant: number
let series: number[]
let instances: KeptDeps[]
/** The points of July while they are not in the database. */
let away: readonly (readonly { readonly at: number; readonly value: number }[])[] | undefined

beforeAll(async () => {
  memory = openObjectMemory()
  const archive = openArchive(memory, defaultLimits)
  const months = ['2026-07-01', '2026-08-01']
  client = await createQueryClient({ months, now: WATERMARK + 90 * MINUTE, archive })
  database = client.database
  rollups = database.openAs('rollups')
  await rollUp(database, formatTimestamp(WATERMARK))
})
afterAll(async () => {
  await rollups.close()
  await client.close()
})
beforeEach(begin)

async function begin(): Promise<void> {
  if (away !== undefined) await acts.month()
  await database.query('truncate metric_point, metric_rollup, rollup_invalidation')
  tenant = await createTenant(database)
  series = [
    await addSeries(database, tenant, { labels: { s: 1 } }),
    await addSeries(database, tenant, { labels: { s: 2 } }),
  ]
  for (const id of series)
    await addPoints(
      database,
      tenant,
      id,
      HOURS.map((at, i) => [at + MINUTE, i + 1] as const),
    )
  await rollUp(database, formatTimestamp(WATERMARK))
  instances = [instance(), instance()]
}

const instance = (): KeptDeps => ({
  ...client.deps,
  cache: createCache({ clock: Date.now, redis: undefined, maxBytes: 10_000_000 }),
})

const ofAll = { start_time: formatTimestamp(JULY), end_time: formatTimestamp(AUGUST + 40 * HOUR) }
const names = { service_name: 'svc', metric_type: 'temp' }
const questions = [
  { limit: '3', ...ofAll },
  { ...ofAll, end_time: formatTimestamp(JULY + 6 * HOUR) },
  { ...ofAll, ...names, interval: 'day', group_by: 's' },
  { ...ofAll, ...names, interval: '15m' },
].map((texts) => {
  const pairs = Object.entries(texts)
  const text = <T extends { readonly bytes: Buffer }>({ bytes, ...rest }: T) => ({ ...rest, text: String(bytes) })
  if ('interval' in texts) {
    const query = validateQuery(AggregateQuery, pairs)
    return {
      kept: async (deps: KeptDeps) => text(await keptAggregate(deps, callerOf(tenant), query)),
      anew: async () => text(await aggregate(client.deps, callerOf(tenant), query)),
    }
  }
  const query = validateQuery(RangeQuery, pairs)
  return {
    kept: async (deps: KeptDeps) => text(await keptRange(deps, callerOf(tenant), query)),
    anew: async () => text(await range(client.deps, callerOf(tenant), query)),
  }
})

/** As writers do it: the hour is invalid from the commit on. */
async function write(hour: number, value: number): Promise<void> {
  const [live] = await database.query(
    `select from metric_month where state = 'live' and month = date_trunc('month', $1::timestamptz, 'UTC')::date`,
    [formatTimestamp(hour)],
  )
  if (!live) return
  await database.query(
    `with written as (
       insert into metric_point values ($1, $2, $3::timestamptz + interval '1 minute', $4)
       on conflict (series_id, ts) do update set value = excluded.value
     ) insert into rollup_invalidation (tenant_id, series_id, bucket) values ($1, $2, $3)`,
    [tenant, series[value % 2], formatTimestamp(hour), value],
  )
}

/** Changes of the database, each a step that commits. */
const acts = {
  late: async (n: number) => await write(HOURS[n % HOURS.length] ?? 0, n + 10),
  refresh: async (n: number) => {
    const months = away === undefined ? ['2026-07-01', '2026-08-01'] : ['2026-08-01']
    await rollups.writeAll(
      async (tx) => void (await refreshInvalidHours(tx, { months, tenants: null, limit: 1 + (n % 5) })),
    )
  },
  erasePoints: async (n: number) =>
    void (await database.query('delete from metric_point where series_id = $1 and ts >= $2', [
      series[n % 2],
      formatTimestamp(HOURS[n % HOURS.length] ?? 0),
    ])),
  eraseRollups: async (n: number) =>
    void (await database.query('delete from metric_rollup where series_id = $1', [series[n % 2]])),
  eraseInvalidations: async (n: number) =>
    void (await database.query('delete from rollup_invalidation where series_id = $1', [series[n % 2]])),
  /** July expires, or comes back with what it had. */
  month: async () => await (away === undefined ? leave() : comeBack(away)),
} satisfies Record<string, (n: number) => Promise<void>>

async function leave(): Promise<void> {
  const readings = await database.query<{ series_id: number; at: number; value: number }>(
    `select series_id, (extract(epoch from ts) * 1000000)::float8 as at, value from metric_point where ts < $1`,
    [formatTimestamp(AUGUST)],
  )
  away = series.map((id) => readings.filter((reading) => reading.series_id === id))
  await writeMonth(database, memory, '2026-07-01')
  await setState(database, '2026-07-01', 'detached')
  await dropPartition(database, 'metric_point', '2026-07-01')
  await database.query(`update archive set state = 'expired' where state = 'verified'`)
  await setState(database, '2026-07-01', 'expired')
}

async function comeBack(points: NonNullable<typeof away>): Promise<void> {
  await attachPartition(database, 'metric_point', '2026-07-01')
  for (const [i, id] of series.entries())
    await addPoints(
      database,
      tenant,
      id,
      (points[i] ?? []).map(({ at, value }) => [at, value] as const),
    )
  away = undefined
  await setState(database, '2026-07-01', 'live')
}

const act = fc.record({
  name: fc.constantFrom(...(Object.keys(acts) as (keyof typeof acts)[])),
  n: fc.nat(20),
  /** The statement of a read in progress after which the change happens; 0 for no read. */
  during: fc.nat(12),
  question: fc.nat(questions.length - 1),
})

const alone = (...names: (keyof typeof acts)[]) => names.map((name) => ({ name, n: 4, during: 0, question: 0 }))

async function compare(): Promise<void> {
  for (const { kept, anew } of questions) {
    const expected = await anew()
    for (const deps of instances) expect(await kept(deps)).toEqual(expected)
  }
}

describe('an answer over a closed range', () => {
  it('is that of the database, whatever is written, refreshed, moved or erased before and during the reads of two instances', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 8 }), async (sequence) => {
        await begin()
        await compare()
        for (const { name, n, during, question } of sequence) {
          let isDone = false
          const once = async () => {
            if (isDone) return
            isDone = true
            client.afterStatement = async () => {}
            await acts[name](n)
          }
          let statements = 0
          client.afterStatement = async () => void (++statements === during && (await once()))
          if (during > 0) instances[n % 2] = instance()
          // The returned answer may be from before or after the change; the cached one is compared.
          if (during > 0) await questions[question]?.kept(instances[n % 2] as KeptDeps)
          await once()
          await compare()
        }
      }),
      {
        examples: [
          [alone('late')],
          [alone('late', 'refresh')],
          [alone('erasePoints')],
          [alone('eraseRollups')],
          [alone('month')],
        ],
        numRuns: Number(process.env['KEPT_RUNS'] ?? 8),
      },
    )
  }, 600_000)

  it('is read once, and given from the cache by one statement', async () => {
    const [deps] = instances as [KeptDeps]
    for (const { kept } of questions) {
      const first = await kept(deps)
      let statements = 0
      client.afterStatement = async () => void statements++
      expect(await kept(deps)).toEqual(first)
      client.afterStatement = async () => {}
      expect(statements).toBe(1)
    }
  })

  it('is not kept while its range has an invalid hour, and is while another range has', async () => {
    const [deps] = instances as [KeptDeps]
    await acts.late(3)
    expect(await statementsOfSecond(deps, ofAll.end_time)).toBeGreaterThan(1)
    expect(await statementsOfSecond(deps, formatTimestamp(AUGUST + DAY - 1))).toBe(1)
    expect(await statementsOfSecond(deps, formatTimestamp(AUGUST + DAY))).toBeGreaterThan(1)
  })

  it('is kept from where it ends below the watermark, and costs no statement more where its hour is not over', async () => {
    const [deps] = instances as [KeptDeps]
    expect(await statementsOfSecond(deps, formatTimestamp(WATERMARK - 1))).toBe(1)
    const open = await statementsOfSecond(deps, formatTimestamp(WATERMARK + HOUR))
    expect(await statementsOfSecond(deps, formatTimestamp(WATERMARK))).toBe(open + 1)
  })

  it('is given to each caller in memory of its own', async () => {
    const [deps] = instances as [KeptDeps]
    const query = validateQuery(RangeQuery, Object.entries(ofAll))
    const pages = [0, 1, 2].map(async () => await keptRange(deps, callerOf(tenant), query))
    const sent = (await Promise.all(pages)).map(({ bytes }) => {
      const text = String(bytes)
      ;(bytes.buffer as ArrayBuffer).transfer(0)
      return text
    })
    expect(new Set(sent).size).toBe(1)
    expect(String((await keptRange(deps, callerOf(tenant), query)).bytes)).toBe(sent[0])
  })
})

it.each(answerTypes)(
  'an answer of the type %s is kept byte for byte, and never given for another type',
  async (type) => {
    const [deps] = instances as [KeptDeps]
    const query = validateQuery(RangeQuery, Object.entries(ofAll))
    const sums = validateQuery(AggregateQuery, Object.entries({ ...ofAll, ...names, interval: 'day' }))
    for (let time = 0; time < 2; time++) {
      const { bytes } = await keptRange(deps, callerOf(tenant), query, type)
      expect(bytes).toEqual((await range(client.deps, callerOf(tenant), query, pointForms[type])).bytes)
      const summed = await keptAggregate(deps, callerOf(tenant), sums, type)
      expect(summed.bytes).toEqual((await aggregate(client.deps, callerOf(tenant), sums, type)).bytes)
    }
  },
)

async function statementsOfSecond(deps: KeptDeps, end_time: string): Promise<number> {
  const query = validateQuery(RangeQuery, Object.entries({ ...ofAll, end_time }))
  await keptRange(deps, callerOf(tenant), query)
  let statements = 0
  client.afterStatement = async () => void statements++
  await keptRange(deps, callerOf(tenant), query)
  client.afterStatement = async () => {}
  return statements
}
