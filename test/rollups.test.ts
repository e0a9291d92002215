// Promise 5: aggregates stay right. Whatever writers, roll-ups, partitions and readers do at once, each read equals what can be
// computed from the points of its own snapshot; and in the end the roll-ups are what recomputing everything gives.
// ROLLUP_SECONDS=600 has them contend for that long.
import { setTimeout as sleep } from 'node:timers/promises'
import { DAY, HOUR, MINUTE, type Micros, parseTimestamp } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { textTypes } from '@penstock/shared/database/one-connection.ts'
import { instantOfMark, selectWatermark } from '@penstock/shared/months/month-queries.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createWriter } from '../functions/metrics-ingest/writer.ts'
import { sumHours } from '../functions/metrics-query/aggregate/sum-queries.ts'
import { cutSpans } from '../functions/metrics-query/months/spans.ts'
import { run as runPartitions } from '../functions/partitions/handler.ts'
import { run as runRollups } from '../functions/rollups/handler.ts'
import { seededRandom } from '../scripts/lab/random.ts'
import { openRollups, type RollupDatabase } from './support/months/rollup-database.ts'
import { placedColumns } from './support/points/placed-columns.ts'
import { createTenant } from './support/postgres/database.ts'

const SECONDS = Number(process.env['ROLLUP_SECONDS'] ?? '6')
/** Points go back to a month that is not there at the beginning, and come for one. */
const FIRST = parseTimestamp('2026-09-29T00:00:00Z') as number
const START = parseTimestamp('2026-11-01T06:00:00Z') as number
const byHand = { scheduleTime: undefined, waitMs: 20_000 }

let lab: RollupDatabase
const opened: PenstockDatabase[] = []
const pools: Kysely<Database>[] = []
let tenants: { readonly id: number; readonly series: readonly number[] }[]
/** The suite's clock: an hour passes in a tenth of a second or so. */
let now: Micros = START

beforeAll(async () => {
  lab = await openRollups(['2026-10-01', '2026-11-01'])
  tenants = []
  for (const id of [lab.tenant, await createTenant(lab.db), await createTenant(lab.db)]) {
    tenants.push({ id, series: [await lab.series(id), await lab.series(id)] })
  }
})
afterAll(async () => {
  for (const kysely of pools) await kysely.destroy()
  for (const database of opened) await database.close()
  await lab.close()
})

const random = seededRandom('rollups')
const oneOf = <T>(some: readonly T[]): T => random.pick(some)
const open = (name: string): PenstockDatabase => {
  const database = lab.db.openAs(name)
  opened.push(database)
  return database
}

/** Late, corrected and repeated points, and those of now and of the day to come. */
async function write(store: ReturnType<typeof createWriter>): Promise<void> {
  const tenant = oneOf(tenants)
  const points = Array.from({ length: 1 + random.below(20) }, (_, index) => {
    const at = oneOf([
      now + random.below(60) * MINUTE,
      now - random.below(180) * MINUTE,
      FIRST + random.below(40) * DAY,
    ])
    return { index, series: oneOf(tenant.series), at: Math.floor(at / MINUTE) * MINUTE, value: random.below(1e6) / 7 }
  })
  const outcome = await store(tenant.id, { points: placedColumns(points), epoch: 0, strict: false, idempotency: null })
  expect(outcome.kind).toBe('written')
}

async function refresh(db: PenstockDatabase): Promise<void> {
  now += random.below(60) * MINUTE
  const clock = new Date(now / 1000).toISOString()
  const limits = {
    settleMs: 0,
    batchHours: 1 + random.below(50),
    windowHours: 24,
    runMs: 500,
    leaseMs: oneOf([20, 10_000]),
  }
  // One that was taken for dead is refused, and has done no harm.
  await runRollups(lab.deps(clock, limits, db), byHand).catch((error: unknown) => {
    expect(error).toMatchObject({ kind: { status: 503 } })
  })
}

/** Reads an aggregate with a watermark that is older than its snapshot, and recomputes it in the same snapshot. */
async function read(kysely: Kysely<Database>): Promise<void> {
  const { id: tenantId, series: ids } = oneOf(tenants)
  const [a, b] = [FIRST + random.below(40 * 24 * 60) * MINUTE, now + HOUR - random.below(600) * MINUTE]
  const [from, to] = [Math.min(a, b), Math.max(a, b)]
  const width = oneOf(['1 hour', '1 day', '7 days', '1 month'] as const)
  const watermark = instantOfMark(await kysely.transaction().execute(selectWatermark))
  await sleep(random.below(30))
  const { answered, recomputed } = await kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      await sql`select set_config('app.tenant_id', ${String(tenantId)}, true)`.execute(tx)
      const ask = { tenantId, ids, groups: null, width, fractions: [], limit: 10_000 }
      const spans = cutSpans({ from, to, byHours: true, watermark, awayMonths: [] })
      const everything = { rollups: [], awayRollups: [], points: [{ from, to }] }
      return {
        answered: await sumHours(tx, { ...ask, ...spans }),
        recomputed: await sumHours(tx, { ...ask, ...everything }),
      }
    })
  const rounded = (rows: typeof answered) =>
    rows.map(({ bucket, count, total, low, high }) => [bucket, count, Number(total.toPrecision(12)), low, high])
  expect(rounded(answered)).toEqual(rounded(recomputed))
}

async function contend(): Promise<Record<string, number>> {
  const done: Record<string, number> = {}
  const until = Date.now() + SECONDS * 1_000
  const keepAt = async (name: string, work: () => Promise<void>, pauseMs: number) => {
    while (Date.now() < until) {
      await work()
      done[name] = (done[name] ?? 0) + 1
      await sleep(pauseMs)
    }
  }
  const reader = () => {
    const pool = new Pool({ connectionString: lab.db.urlOf('metrics-query'), max: 1, types: textTypes })
    const kysely = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
    pools.push(kysely)
    return kysely
  }
  const writers = [open('metrics-ingest'), open('metrics-ingest-pubsub'), open('metrics-ingest')]
  const partitions = { ...lab.deps(''), db: open('partitions') }
  // A month goes live in one piece: one that is filled ahead becomes visible to statements, not to snapshots, and a reader's two
  // statements could differ by its attachment.
  const limits = { ...partitions.limits, batchPoints: 10_000, lastPoints: 10_000 }
  await Promise.all([
    ...writers.map(async (db) => {
      const store = createWriter({ db, now: Date.now })
      await keepAt('writes', async () => await write(store), 5)
    }),
    ...[1, 2, 3].map(async () => {
      const db = lab.open()
      await keepAt('refreshes', async () => await refresh(db), 30)
    }),
    ...[1, 2].map(async () => {
      const kysely = reader()
      await keepAt('reads', async () => await read(kysely), 1)
    }),
    keepAt(
      'partitions',
      async () =>
        void (await runPartitions(
          { ...partitions, readSalt: async () => undefined, limits, now: () => now / 1000 },
          byHand,
        )),
      700,
    ),
  ])
  return done
}

it('every read equals recomputation, and in the end so do the roll-ups', {
  timeout: (SECONDS + 120) * 1_000,
}, async () => {
  const done = await contend()
  for (const what of ['writes', 'refreshes', 'reads', 'partitions']) expect(done[what] ?? 0).toBeGreaterThan(0)

  for (let more = true; more; ) {
    const answer = await runRollups(lab.deps(new Date(now / 1000 + 7_200_000).toISOString()), byHand)
    expect(answer.status).toBe('success')
    more = answer.more
  }
  expect(await lab.invalid()).toEqual([])
  expect(await lab.wrong()).toEqual([])
  const [sums] = await lab.db.query<{ rollups: number; points: number }>(
    `select (select sum(count)::int from metric_rollup where bucket < watermark) as rollups,
       (select count(*)::int from metric_point where ts < watermark) as points from rollup_mark`,
  )
  expect(sums?.rollups).toBe(sums?.points)
  expect(sums?.points).toBeGreaterThan(0)
})
