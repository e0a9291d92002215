// A database whose points are rows, and everything that reads it while they are moved to log and chunks.
import { randomBytes, randomInt } from 'node:crypto'
import { formatTimestamp, HOUR, MINUTE, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { canonicalLabels } from '@penstock/shared/points/labels.ts'
import { seriesIdentity } from '@penstock/shared/points/series.ts'
import { Client } from 'pg'
import { vi } from 'vitest'
import { createWriter } from '../../../functions/metrics-ingest/writer.ts'
import { openTime } from '../../../functions/promql/columns/query-time.ts'
import { selectionsOf } from '../../../functions/promql/eval/selections.ts'
import { defaultLimits } from '../../../functions/promql/limits.ts'
import { readSelections } from '../../../functions/promql/stored/read-selections.ts'
import { parseExpression } from '../../../functions/promql/syntax/parser.ts'
import { type MoveDeps, moveLimits } from '../../../scripts/data/move/move-deps.ts'
import { openAdminDatabase } from '../../../scripts/database/admin-database.ts'
import { createReader } from '../../../scripts/database/keys/readers.ts'
import { OWNER } from '../../../scripts/database/roles.ts'
import { rollUp } from '../months/moved-months.ts'
import { createTenant } from '../postgres/database.ts'
import { placedColumns } from './placed-columns.ts'
import { createQueryClient, emptyArchive, type QueryClient } from './query-client.ts'

export const MONTHS = ['2026-09-01', '2026-10-01', '2026-11-01']
export const [SEPTEMBER, OCTOBER, NOVEMBER] = MONTHS.map(monthStart) as [Micros, Micros, Micros]
export const NOW = NOVEMBER + 40 * HOUR

/** Every row lies in it, with hours of September before. */
export const span = { start_time: formatTimestamp(SEPTEMBER + 30 * HOUR), end_time: formatTimestamp(NOW) }
export const names = { service_name: 'svc', metric_type: 'temp' }

export type WrittenPoint = readonly [series: number, at: Micros, value: number]

export interface MovingDatabase {
  readonly client: QueryClient
  readonly deps: MoveDeps
  /** Two tenants; the first one has three series, the second one has one. */
  readonly tenants: readonly [number, number]
  readonly series: readonly [number, number, number]
  /** Returns every kind of answer for every tenant, as text, from the functions and from the functions in SQL. */
  answers(): Promise<readonly string[]>
  /** Writes points of the first tenant, as metrics-ingest does. */
  write(points: readonly WrittenPoint[]): Promise<unknown>
  count(table: string): Promise<number>
  close(): Promise<void>
}

/** Makes it: two tenants' rows of three months, with roll-ups that do not hold for some hours. Close it also when a test fails. */
export async function openMovingDatabase(): Promise<MovingDatabase> {
  await using opened = new AsyncDisposableStack()
  const client = await createQueryClient({ months: MONTHS, now: NOW })
  opened.defer(async () => await client.close())
  const { database } = client
  // Roles belong to the server: tenants of other tests have other numbers.
  await database.query(`alter table tenant alter id restart with ${randomInt(1_000_000, 999_000_000)}`)
  const tenants = [await createTenant(database), await createTenant(database)] as const
  const series = await makeSeries(client, tenants)
  await fillRows(client)
  vi.stubEnv('DATABASE_URL', database.url)
  const db = await openAdminDatabase({ role: OWNER, statementTimeoutMs: 0 })
  opened.defer(async () => {
    vi.unstubAllEnvs()
    await db.close()
  })
  const reader = await connectReader(client, tenants[0])
  opened.defer(async () => await reader.end())
  const store = createWriter({ db: database.openAs('metrics-ingest'), now: Date.now })
  const parts = opened.move()
  return {
    client,
    deps: {
      db,
      pause: async () => {},
      say: () => {},
      now: Date.now,
      limits: { ...moveLimits, piecePoints: 300, lockPauseMs: 5, patienceMs: 2_000, pollMs: 10 },
    },
    tenants,
    series,
    answers: async () => [
      ...(await Promise.all(tenants.map(async (tenant) => await answersTo(client, tenant)))).flat(),
      ...(await answersInSql(reader, series)),
    ],
    write: async (points) =>
      await store(tenants[0], {
        points: placedColumns(
          points.map(([one, at, value], index) => ({ index, series: one, block: series.indexOf(one) % 2, at, value })),
        ),
        epoch: 0,
        strict: false,
        idempotency: null,
      }),
    count: async (table) => Number((await database.query<{ n: string }>(`select count(*) as n from ${table}`))[0]?.n),
    close: async () => await parts.disposeAsync(),
  }
}

async function makeSeries(
  { database }: QueryClient,
  [mine, theirs]: readonly [number, number],
): Promise<readonly [number, number, number]> {
  const made: number[] = []
  for (const [i, tenant] of [mine, mine, mine, theirs].entries()) {
    const labels = canonicalLabels({ s: String(i) })
    const identity = seriesIdentity({ service: 'svc', type: 'temp', unit: 'C', labels })
    const [row] = await database.query<{ id: number }>(
      `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256, block)
       values ($1, 'svc', 'temp', 'C', $2, decode($3, 'hex'), $4) returning id`,
      [tenant, labels, identity, i % 2],
    )
    made.push(row?.id ?? 0)
  }
  return made as unknown as readonly [number, number, number]
}

/**
 * Fills in rows of every series from September to the present, at intervals that do not divide an hour, with a sparse beginning and half a day
 * of hours with several points, which have roll-ups in the chunks too. Sums of their values are exact in any order. Roll-ups hold up to six hours before the last row, but for one hour in fifty, whose first point was changed
 * since.
 */
async function fillRows({ database }: QueryClient): Promise<void> {
  await database.query(
    `insert into metric_point (tenant_id, series_id, ts, value)
     select s.tenant_id, s.id, t, s.id % 1000 / 4.0 + (extract(epoch from t) / 60)::bigint % 4096 / 8.0
     from metric_series s cross join (
       select generate_series(timestamptz '2026-09-02 00:00Z', '2026-09-03 00:00Z', '97 minutes') union all
       select generate_series(timestamptz '2026-09-29 00:00Z', '2026-11-02 12:00Z', '97 minutes') union all
       select generate_series(timestamptz '2026-10-10 00:00:30Z', '2026-10-10 12:00Z', '11 minutes')
     ) g (t)`,
  )
  await rollUp(database, formatTimestamp(NOVEMBER + 30 * HOUR))
  const isChanged = `extract(epoch from date_trunc('hour', ts, 'UTC')) / 3600 % 50 = 0 and ts < '2026-11-02 06:00Z'`
  await database.query(
    `insert into rollup_invalidation (tenant_id, series_id, bucket)
     select tenant_id, series_id, date_trunc('hour', ts, 'UTC') from metric_point where ${isChanged}`,
  )
  await database.query(`update metric_point set value = value + 0.5 where ${isChanged}`)
}

async function connectReader({ database }: QueryClient, tenant: number): Promise<Client> {
  const [row] = await database.query<{ name: string }>('select name from tenant where id = $1', [tenant])
  const admin = await database.connect()
  const made = await createReader(
    { client: admin, budget, tier: 'large', randomBytes },
    { tenant: row?.name ?? '', connections: 1 },
  )
  await admin.end()
  const url = new URL(database.url)
  Object.assign(url, { username: made.login, password: made.password })
  const reader = new Client({ connectionString: url.href })
  await reader.connect()
  return reader
}

async function answersTo(client: QueryClient, tenant: number): Promise<readonly string[]> {
  const texts: string[] = []
  for (const more of [
    { interval: 'hour' },
    { interval: 'day', group_by: 's' },
    { interval: '15m' },
    { interval: 'month', percentiles: '50,99' },
  ])
    texts.push(JSON.stringify(await client.aggregate(tenant, { ...span, ...names, ...more })))
  texts.push((await client.series(tenant, names)).text)
  for (const limit of [7, 900]) {
    let page = await client.range(tenant, { ...span, limit })
    texts.push(page.text)
    for (let pages = 0; page.cursor !== undefined && pages < 4; pages++) {
      page = await client.range(tenant, { ...span, limit, cursor: page.cursor })
      texts.push(page.text)
    }
  }
  return [...texts, await answerOfPromql(client, tenant)]
}

async function answerOfPromql({ db }: QueryClient, tenantId: number): Promise<string> {
  const query = { start: SEPTEMBER / 1_000, end: NOW / 1_000 }
  const selections = selectionsOf(parseExpression('temp'), query, 5 * (MINUTE / 1_000))
  const found = await readSelections(
    { db, archive: emptyArchive, limits: defaultLimits },
    { tenantId, selections, quoted: new Set(), time: openTime(Date.now, 60_000) },
  )
  return JSON.stringify([...found.values()].flat().map(({ at, value }) => [[...at], [...value]]))
}

async function answersInSql(reader: Client, series: readonly number[]): Promise<readonly string[]> {
  const texts: string[] = []
  for (const id of series)
    for (const [answer, order] of [
      ['metric_points', 'ts'],
      ['metric_hours', 'bucket'],
    ]) {
      const { rows } = await reader.query(`select * from ${answer}($1, $2, $3) order by ${order}`, [
        id,
        span.start_time,
        span.end_time,
      ])
      texts.push(JSON.stringify(rows))
    }
  return texts
}
