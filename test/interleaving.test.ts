// Promise 1: stored exactly once; the key is (tenant, series, timestamp) and the last accepted write wins. In any interleaving of
// batches, duplicates, redeliveries and partitions being made.
import { promisify } from 'node:util'
import { addMonths, DAY, monthStart } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { makeChunkMonth } from '@penstock/shared/points/chunk-months.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWriter, type Store } from '../functions/metrics-ingest/writer.ts'
import { type PartitionsDeps, run as runPartitions } from '../functions/partitions/handler.ts'
import { compactEverything } from './support/points/compact-everything.ts'
import { placedColumns } from './support/points/placed-columns.ts'
import { storedPoints } from './support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'

let db: TestDatabase
const opened: PenstockDatabase[] = []
let writers: Store[]
let partitions: PartitionsDeps
let compaction: PenstockDatabase
let tenants: number[]
const clock = Date.UTC(2030, 0, 15)

beforeAll(async () => {
  db = await createTestDatabase()
  tenants = [await createTenant(db), await createTenant(db)]
  for (const [tenant, id] of tenants.entries())
    for (const series of [1, 2])
      await db.query(
        `insert into metric_series (id, tenant_id, service_name, metric_type, unit, labels, identity_sha256)
         overriding system value values ($1, $2, 's', 't', '', jsonb_build_object('n', $1::int), sha256($1::int::text::bytea))`,
        [seriesOf(tenant, series), id],
      )
  const open = (name: string) => {
    const database = db.openAs(name)
    opened.push(database)
    return database
  }
  // Two instances of one function and one of the other: three writers that know nothing of each other.
  writers = ['metrics-ingest', 'metrics-ingest', 'metrics-ingest-pubsub'].map((name) =>
    createWriter({ db: open(name), now: Date.now }),
  )
  compaction = open('compaction')
  partitions = {
    db: open('partitions'),
    readSalt: async () => undefined,
    now: () => clock,
    pause: promisify(setTimeout),
    limits: { runMs: 20_000, leaseMs: 10_000, pollMs: 20 },
  }
})
afterAll(async () => {
  for (const database of opened) await database.close()
  await db.drop()
})

interface Write {
  readonly kind: 'write'
  readonly writer: number
  readonly tenant: number
  readonly points: readonly {
    readonly month: number
    readonly series: number
    readonly slot: number
    readonly value: number
  }[]
  /** The number of deliveries. */
  readonly times: number
}
type Step = Write | { readonly kind: 'partitions' } | { readonly kind: 'compaction' }

const MONTHS = 3
const write: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('write'),
  writer: fc.nat(2),
  tenant: fc.nat(1),
  times: fc.integer({ min: 1, max: 2 }),
  points: fc.array(
    fc.record({
      month: fc.nat(MONTHS - 1),
      series: fc.integer({ min: 1, max: 2 }),
      slot: fc.nat(2),
      value: fc.integer({ min: 0, max: 1_000_000 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
})
const step = fc.oneof(
  { weight: 4, arbitrary: write },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'partitions' }, { kind: 'compaction' }) },
)

/** Each run of a property has months of its own, which were never made. */
let firstMonth = '2011-01-01'
const freshMonths = (): string => {
  firstMonth = addMonths(firstMonth, MONTHS)
  return firstMonth
}
const instant = (first: string, month: number, slot: number) => monthStart(addMonths(first, month)) + slot * DAY
/** Series belong to one tenant. */
const seriesOf = (tenant: number, series: number) => tenant * 10 + series

/** Makes the partitions of the months, and compacts the log. */
async function compact(first: string): Promise<void> {
  for (let i = 0; i < MONTHS; i++)
    await partitions.db.writeAll(async (tx) => void (await makeChunkMonth(tx, addMonths(first, i))))
  await compactEverything(compaction)
}

async function perform(first: string, action: Step): Promise<void> {
  if (action.kind === 'compaction') return await compact(first)
  if (action.kind === 'partitions') {
    const answer = await runPartitions(partitions, { scheduleTime: undefined, waitMs: 20_000 })
    expect(answer.status).toBe('success')
    return
  }
  const points = action.points.map((p, index) => ({
    index,
    series: seriesOf(action.tenant, p.series),
    at: instant(first, p.month, p.slot),
    value: p.value,
  }))
  for (let i = 0; i < action.times; i++) {
    const outcome = await writers[action.writer]?.(tenants[action.tenant] ?? 0, {
      points: placedColumns(points),
      epoch: 0,
      strict: false,
      idempotency: null,
    })
    expect(outcome).toMatchObject({ kind: 'written', expired: [] })
  }
}

/** Makes the missing partitions, compacts the log, and returns the points of the months: `series at` → value. */
async function settled(first: string): Promise<Map<string, number>> {
  for (let more = true; more; ) {
    const answer = await runPartitions(partitions, { scheduleTime: undefined, waitMs: 20_000 })
    expect(answer).toMatchObject({ status: 'success', errors: [] })
    more = answer.more
  }
  await compact(first)
  expect(await db.query('select from metric_log')).toEqual([])
  const [from, to] = [monthStart(first), monthStart(addMonths(first, MONTHS))]
  const rows = (await storedPoints(db)).filter((row) => row.at >= from && row.at < to)
  const table = new Map(rows.map((row) => [`${row.series} ${row.at}`, row.value]))
  expect(table.size).toBe(rows.length)
  for (const row of rows) expect(row.tenant).toBe(tenants[Math.floor(row.series / 10)])
  return table
}

describe('the store of points', () => {
  it('holds of each key the last accepted value, once, whatever the order of batches, redeliveries and new partitions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const first = freshMonths()
        const expected = new Map<string, number>()
        for (const action of steps) {
          await perform(first, action)
          if (action.kind === 'write') {
            for (const p of action.points)
              expected.set(`${seriesOf(action.tenant, p.series)} ${instant(first, p.month, p.slot)}`, p.value)
          }
        }
        expect(await settled(first)).toEqual(expected)
      }),
      { numRuns: 25 },
    )
  }, 120_000)

  it('holds of each key a value of the last moment at which it was written, when writers and partitions run at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
        async (moments) => {
          const first = freshMonths()
          const candidates = new Map<string, Set<number>>()
          for (const together of moments) {
            await Promise.all(together.map(async (action) => await perform(first, action)))
            const written = new Map<string, Set<number>>()
            for (const action of together.filter((s): s is Write => s.kind === 'write')) {
              // Inside a request the later entry wins: only its value is a candidate.
              const last = new Map(
                action.points.map((p) => [
                  `${seriesOf(action.tenant, p.series)} ${instant(first, p.month, p.slot)}`,
                  p.value,
                ]),
              )
              for (const [key, value] of last) written.set(key, (written.get(key) ?? new Set()).add(value))
            }
            for (const [key, values] of written) candidates.set(key, values)
          }
          const table = await settled(first)
          expect([...table.keys()].sort()).toEqual([...candidates.keys()].sort())
          for (const [key, value] of table) expect(candidates.get(key)).toContain(value)
        },
      ),
      { numRuns: 25 },
    )
  }, 120_000)
})
