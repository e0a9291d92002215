// Cached answers over the log and chunks equal answers that are read again from the database, after every kind of change to what is stored.

import { DAY, formatTimestamp, HOUR, MINUTE, monthStart } from '@penstock/shared/base/time.ts'
import { createCache } from '@penstock/shared/cache/cache.ts'
import { openDatabase, type PenstockDatabase } from '@penstock/shared/database/database.ts'
import { validateQuery } from '@penstock/shared/http/validation.ts'
import { makeChunkMonth } from '@penstock/shared/points/chunk-months.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compactEverything } from '../../test/support/points/compact-everything.ts'
import { callerOf, createQueryClient, type QueryClient } from '../../test/support/points/query-client.ts'
import { addSeries } from '../../test/support/points/stored-series.ts'
import { createTenant } from '../../test/support/postgres/database.ts'
import { aggregate } from './aggregate/aggregate.ts'
import { AggregateQuery, RangeQuery } from './contract.ts'
import { range } from './handler.ts'
import { type KeptDeps, keptAggregate, keptRange, keptTrends } from './kept-answers.ts'
import { trends } from './trends/trends.ts'
import { TrendsQuery } from './trends-contract.ts'

const JULY = monthStart('2026-07-01')
const AUGUST = monthStart('2026-08-01')
const NOW = AUGUST + 2 * DAY
/** The last two are of a month that has no partition. */
const HOURS = [JULY + 5 * HOUR, JULY + 30 * DAY, AUGUST, AUGUST + DAY, JULY - 40 * DAY, JULY - 39 * DAY]

let client: QueryClient
let compaction: PenstockDatabase
let tenant: number
let series: number[]
let instances: KeptDeps[]

beforeAll(async () => {
  client = await createQueryClient({ months: [], now: NOW })
  const { database } = client
  const open = (name: string) => openDatabase(name, { url: database.urlOf(name), ca: undefined, inCloud: false })
  const partitions = open('partitions')
  for (const month of ['2026-07-01', '2026-08-01'])
    await partitions.writeAll(async (tx) => void (await makeChunkMonth(tx, month)))
  await partitions.close()
  compaction = open('compaction')
})
afterAll(async () => {
  await compaction.close()
  await client.close()
})

async function begin(): Promise<void> {
  tenant = await createTenant(client.database)
  series = []
  for (const i of [0, 1]) series[i] = await addSeries(client.database, tenant, { labels: { s: i } })
  instances = [0, 1].map(() => ({
    ...client.deps,
    cache: createCache({ clock: Date.now, redis: undefined, maxBytes: 10_000_000 }),
  }))
}

const acts = {
  write: async (n: number) => {
    const at = formatTimestamp((HOURS[n % HOURS.length] ?? 0) + (n % 3) * MINUTE)
    await client.database.query(
      `insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
       values ($1, 0, $3, $3, 1, array[$2::int], array[$3::timestamptz], array[$4::float8])`,
      [tenant, series[n % 2], at, n],
    )
  },
  compact: async () => await compactEverything(compaction),
  expire: async () =>
    void (await client.database.query(
      `insert into metric_expiry values ($1, '2026-08-01Z') on conflict (tenant_id) do update set before = excluded.before`,
      [tenant],
    )),
  unexpire: async () => void (await client.database.query('delete from metric_expiry where tenant_id = $1', [tenant])),
} satisfies Record<string, (n: number) => Promise<void>>

const ofAll = { start_time: formatTimestamp(JULY - 50 * DAY), end_time: formatTimestamp(AUGUST + 40 * HOUR) }
const julyOnly = { start_time: formatTimestamp(JULY), end_time: formatTimestamp(AUGUST - 1) }
const names = { service_name: 'svc', metric_type: 'temp' }

const questions = [ofAll, julyOnly].flatMap((span) => {
  const points = validateQuery(RangeQuery, Object.entries({ limit: '3', ...span }))
  const sums = validateQuery(AggregateQuery, Object.entries({ ...span, ...names, interval: 'hour', group_by: 's' }))
  const text = ({ bytes, ...page }: Awaited<ReturnType<typeof range>>) => ({ ...page, text: String(bytes) })
  return [
    {
      kept: async (deps: KeptDeps): Promise<unknown> => text(await keptRange(deps, callerOf(tenant), points)),
      anew: async (): Promise<unknown> => text(await range(client.deps, callerOf(tenant), points)),
    },
    {
      kept: async (deps: KeptDeps): Promise<unknown> =>
        String((await keptAggregate(deps, callerOf(tenant), sums)).bytes),
      anew: async (): Promise<unknown> => String((await aggregate(client.deps, callerOf(tenant), sums)).bytes),
    },
  ]
})
/** Points of June are in the period before alone. */
const compared = validateQuery(
  TrendsQuery,
  Object.entries({ ...names, start_time: formatTimestamp(JULY), end_time: ofAll.end_time, interval: 'day' }),
)
questions.push({
  kept: async (deps) => String((await keptTrends(deps, callerOf(tenant), compared)).bytes),
  anew: async () => String((await trends(client.deps, callerOf(tenant), compared)).bytes),
})

async function compare(): Promise<void> {
  for (const { kept, anew } of questions) {
    const expected = await anew()
    for (const deps of instances) expect(await kept(deps)).toEqual(expected)
  }
}

const act = fc.record({
  name: fc.constantFrom('write', 'write', 'compact', 'compact', 'expire', 'unexpire') as fc.Arbitrary<
    keyof typeof acts
  >,
  n: fc.nat(30),
  /** After this many statements of a read that is under way; 0: between reads. */
  during: fc.nat(8),
  question: fc.nat(questions.length - 1),
})
const alone = (...steps: readonly (readonly [keyof typeof acts, number])[]) =>
  steps.map(([name, n]) => ({ name, n, during: 0, question: 0 }))

describe('an answer over a closed range of the log and chunks', () => {
  it('is that of the database, whatever is written, compacted or expired before and during the reads of two instances', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 10 }), async (sequence) => {
        await begin()
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
          if (during > 0) await questions[question]?.kept(instances[n % 2] as KeptDeps)
          await once()
          await compare()
        }
      }),
      {
        examples: [
          [alone(['write', 0], ['compact', 0], ['write', 6], ['compact', 0])],
          [alone(['write', 0], ['compact', 0], ['expire', 0], ['unexpire', 0])],
          [alone(['write', 4], ['compact', 0], ['write', 10], ['compact', 0])],
        ],
        numRuns: Number(process.env['KEPT_RUNS'] ?? 8),
      },
    )
  }, 600_000)

  it('is cached once its points are compacted, and not while the log has some of the range', async () => {
    await begin()
    const [deps] = instances as [KeptDeps]
    const statements = async (question: number): Promise<number> => {
      const { kept } = questions[question] as (typeof questions)[number]
      await kept(deps)
      let count = 0
      client.afterStatement = async () => void count++
      await kept(deps)
      client.afterStatement = async () => {}
      return count
    }
    await acts.write(0)
    // One round trip for the state, and one for the page.
    expect(await statements(0)).toBe(2)
    expect(await statements(1)).toBeGreaterThan(1)
    await acts.compact()
    for (const question of questions.keys()) expect(await statements(question)).toBe(1)
    await acts.write(2)
    expect(await statements(0)).toBeGreaterThan(1)
    expect(await statements(2)).toBe(1)
  })
})
