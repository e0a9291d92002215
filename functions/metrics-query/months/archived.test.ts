// Answers before and after months left the database.
import { Problem } from '@penstock/shared/base/problem.ts'
import { formatTimestamp, HOUR, MINUTE, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import { openArchive } from '@penstock/shared/reading/archive-reading.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ObjectMemory, openObjectMemory } from '../../../test/support/months/archive-objects.ts'
import { writeMonth } from '../../../test/support/months/moved-months.ts'
import { createQueryClient, type QueryClient } from '../../../test/support/points/query-client.ts'
import { addPoints, addSeries } from '../../../test/support/points/stored-series.ts'
import { createTenant } from '../../../test/support/postgres/database.ts'
import { defaultLimits } from '../limits.ts'

const MONTHS = ['2026-05-01', '2026-06-01', '2026-07-01', '2026-08-01']
const [START, END] = [monthStart('2026-05-01'), monthStart('2026-09-01') - 1]

let client: QueryClient
let memory: ObjectMemory
beforeAll(async () => {
  memory = openObjectMemory()
  const archive = openArchive(memory, defaultLimits)
  client = await createQueryClient({ months: MONTHS, now: monthStart('2026-09-01'), archive })
})
afterAll(async () => await client.close())

/** The final state of a month. */
type Fate = 'live' | 'archived, with its points still in the log' | 'archived'

async function moveAway(month: string, fate: Fate): Promise<void> {
  if (fate === 'live') return
  await writeMonth(client.database, memory, month)
  if (fate !== 'archived') return
  for (const table of ['metric_log', 'metric_chunk'])
    await client.database.query(
      `delete from ${table} where last_ts >= $1::date and last_ts < $1::date + interval '1 month'`,
      [month],
    )
}

/** Removes everything that is stored. */
async function clear(): Promise<void> {
  for (const table of ['archive', 'metric_log', 'metric_chunk', 'metric_hour', 'metric_series_span'])
    await client.database.query(`delete from ${table}`)
}

const instants = fc.oneof(
  fc.integer({ min: START, max: END }),
  fc.integer({ min: START / HOUR, max: Math.floor(END / HOUR) }).map((hour) => hour * HOUR),
  fc
    .tuple(fc.constantFrom(...MONTHS), fc.integer({ min: -3, max: 3 }))
    .map(([month, off]) => Math.min(Math.max(monthStart(month) + off * 20 * MINUTE, START), END)),
)
const value = fc.oneof(
  fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 64),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e9 }).map((v) => v + 0),
)
const seriesCount = 4
const points = fc.uniqueArray(fc.record({ series: fc.nat({ max: seriesCount - 1 }), at: instants, value }), {
  selector: ({ series, at }) => `${series} ${at}`,
  minLength: 1,
  maxLength: 60,
})
const span = fc.tuple(instants, instants).map((two) => [...two].sort((a, b) => a - b) as [Micros, Micros])
const question = fc.record({
  span: fc.oneof(fc.constant<[Micros, Micros]>([START, END]), span),
  filter: fc.constantFrom({}, { 'labels.host': 'ä' }, { 'labels.n': '1' }, { unit: 'C' }),
  interval: fc.constantFrom('minute', '15m', 'hour', 'day', 'week', 'month'),
  group: fc.boolean(),
  percentiles: fc.boolean(),
  limit: fc.integer({ min: 10, max: 70 }),
  offset: fc.oneof(fc.constant(0), fc.nat({ max: 30 })),
})
type Question = typeof question extends fc.Arbitrary<infer T> ? T : never

async function store(tenant: number, some: readonly { series: number; at: Micros; value: number }[]): Promise<void> {
  for (let n = 0; n < seriesCount; n++) {
    const labels = { host: n % 2 ? 'ä' : 'b', n, deep: { z: [null, 1.5] } }
    const id = await addSeries(client.database, tenant, { unit: n === 3 ? 'F' : 'C', labels })
    const own = some.filter(({ series }) => series === n).map(({ at, value }) => [at, value] as const)
    await addPoints(client.database, tenant, id, own)
  }
}

async function pages(tenant: number, query: Record<string, string | number>) {
  const rows = []
  let cursor: string | undefined
  do {
    const next = cursor === undefined ? query : { ...query, offset: 0, cursor }
    const page = await client.range(tenant, next)
    rows.push(...page.rows)
    cursor = page.cursor
  } while (cursor !== undefined)
  return rows
}

/** Answers to a question by every route, with sums and means rounded where their last digits are nobody's promise. */
async function answers(tenant: number, ask: Question) {
  const [from, to] = ask.span
  const range = { start_time: formatTimestamp(from), end_time: formatTimestamp(to), ...ask.filter }
  const named = { ...range, service_name: 'svc', metric_type: 'temp', interval: ask.interval }
  const more = {
    ...(ask.group ? { group_by: 'host' } : {}),
    ...(ask.percentiles ? { percentiles: '0,33,50,99.9' } : {}),
  }
  const aggregate = await client.aggregate(tenant, { ...named, ...more }).then(
    ({ data }) => data.map((bucket) => ({ ...bucket, ...rounded(bucket) })),
    (error: unknown) => (error instanceof Problem ? [error.kind, error.detail] : Promise.reject(error as Error)),
  )
  return {
    pages: await pages(tenant, { ...range, limit: ask.limit, offset: ask.offset }),
    series: (await client.series(tenant, {})).rows,
    aggregate,
  }
}

/** To 1e-12 of what was added up: sums of both signs can be small. */
const rounded = ({
  sum_value,
  avg_value,
  max_value,
  min_value,
  count,
}: Record<'sum_value' | 'avg_value' | 'max_value' | 'min_value' | 'count', number>) => {
  const size = Math.max(Math.abs(max_value), Math.abs(min_value), 1e-6) * count
  const unit = 10 ** (Math.ceil(Math.log10(size)) - 11)
  return { sum_value: Math.round(sum_value / unit), avg_value: Math.round(avg_value / unit) }
}

describe('answers', () => {
  it('are the same after months left the database, whatever is asked and wherever the points are', async () => {
    const fates = fc.tuple(
      ...MONTHS.map(() => fc.constantFrom<Fate[]>('live', 'archived, with its points still in the log', 'archived')),
    )
    await fc.assert(
      fc.asyncProperty(
        points,
        fc.array(question, { minLength: 3, maxLength: 3 }),
        fates,
        async (some, questions, fate) => {
          await clear()
          const tenant = await createTenant(client.database)
          await store(tenant, some)
          const before = []
          for (const one of questions) before.push(await answers(tenant, one))
          for (const [i, month] of MONTHS.entries()) await moveAway(month, i === 3 ? 'live' : (fate[i] ?? 'live'))
          const after = []
          for (const one of questions) after.push(await answers(tenant, one))
          expect(after).toEqual(before)
        },
      ),
      { numRuns: Number(process.env['PENSTOCK_LONG'] ?? 6), endOnFailure: true },
    )
  }, 240_000)
})
