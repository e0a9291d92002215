import { HOUR, MINUTE, parseTimestamp } from '@penstock/shared/base/time.ts'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { compactEverything } from '../../../test/support/points/compact-everything.ts'
import { type LogDatabase, type LogSeries, openLog, storedAs } from '../../../test/support/postgres/log-database.ts'
import { type AdminDatabase, openAdminDatabase } from '../../database/admin-database.ts'
import { OWNER } from '../../database/roles.ts'
import { selectStoredMonths, storedRuns } from '../export/stored.ts'
import { countNameless, eraseNameless, eraseNames, eraseTenantPoints, HeldBack, passGate } from './logged.ts'
import type { EraseDeps } from './place.ts'

const NOON = parseTimestamp('2026-11-20T12:00:00Z') ?? 0
/** An instant in a month that has no partition. */
const LONG_AGO = parseTimestamp('2020-02-29T12:00:00Z') ?? 0

let log: LogDatabase
let owner: AdminDatabase
let deps: EraseDeps
let gone: LogSeries
let kept: LogSeries
let far: LogSeries
beforeAll(async () => {
  log = await openLog(['2026-11-01'])
  vi.stubEnv('DATABASE_URL', log.db.url)
  owner = await openAdminDatabase({ role: OWNER, statementTimeoutMs: 0 })
  deps = {
    db: owner,
    store: undefined as unknown as EraseDeps['store'],
    tenant: { id: log.tenant, name: 'acme' },
    renew: async () => {},
  }
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await owner.close()
  await log.close()
})
beforeEach(async () => {
  await log.db.query('truncate metric_log, metric_chunk, metric_hour, metric_series_span, compaction_mark')
  gone = await log.series(0)
  kept = await log.series(0)
  far = await log.series(1)
})

const pause = async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms))
const fill = async (value: number) =>
  await log.write(
    [gone, kept, far].flatMap((series) =>
      [0, 1, HOUR, 2 * HOUR].map((add) => [series, NOON + add, value + add] as const),
    ),
  )
const compact = async () => await compactEverything(log.open('compaction'))

describe('series that are erased', () => {
  it('are gone from log, chunks, roll-ups and spans; what else the rows hold stays, in its order', async () => {
    await fill(1)
    await compact()
    await fill(100)
    await log.write([
      [gone, LONG_AGO, 1],
      [kept, LONG_AGO, 2],
    ])
    const marks = async () => await log.db.query('select mark, random from compaction_mark order by day')
    const before = await marks()
    const places = async () => await log.db.query('select distinct era, xid from metric_log order by 1, 2')
    const order = await places()
    expect(await eraseNames(deps, [gone.id])).toBe(1)
    await passGate(deps, { pause })
    // 4 of the chunks, 4 of the log, 1 of long ago.
    expect(await eraseNameless(deps)).toBe(9)
    expect(await countNameless(deps)).toBe(0)
    expect(await eraseNameless(deps)).toBe(0)
    expect(await places()).toEqual(order)
    expect(await marks()).not.toEqual(before)
    const expected = [kept, far].flatMap((series) =>
      [0, 1, HOUR, 2 * HOUR].map((add) => storedAs(series, NOON + add, 100 + add)),
    )
    expect((await log.stored()).sort()).toEqual([storedAs(kept, LONG_AGO, 2), ...expected].sort())
    await compact()
    expect((await log.stored()).sort()).toEqual([storedAs(kept, LONG_AGO, 2), ...expected].sort())
  })

  it('wait for a writer that was under way, and say who it is when it does not end', async () => {
    await fill(1)
    const writer = new Client({ connectionString: log.db.urlOf('metrics-ingest') })
    await writer.connect()
    await writer.query(`begin; select set_config('app.tenant_id', '${log.tenant}', true); select pg_current_xact_id()`)
    await eraseNames(deps, [gone.id])
    const held = passGate(deps, { pause, patienceMs: 500 })
    await expect(held).rejects.toThrow(HeldBack)
    await expect(held).rejects.toThrow(/penstock_metrics_ingest in database .* repeat the command/)
    await writer.query(
      `insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
       values ($1, 0, '2026-11-20 13:00Z', '2026-11-20 13:00Z', 1, array[$2::int], array['2026-11-20 13:00Z'::timestamptz], '{7}')`,
      [log.tenant, gone.id],
    )
    await writer.query('commit')
    await writer.end()
    await passGate(deps, { pause })
    await eraseNameless(deps)
    expect(await countNameless(deps)).toBe(0)
  })

  it('do not come back from a compaction that was planned before', async () => {
    await fill(1)
    await eraseNames(deps, [gone.id])
    await compact()
    await eraseNameless(deps)
    expect(await countNameless(deps)).toBe(0)
    expect((await log.stored()).length).toBe(8)
  })
})

it('a tenant is erased from log, chunks, roll-ups, spans and marks', async () => {
  await fill(1)
  await compact()
  await fill(2)
  await eraseTenantPoints(deps)
  for (const table of ['metric_log', 'metric_chunk', 'metric_hour', 'metric_series_span', 'compaction_mark'])
    expect([table, await log.db.query(`select from ${table}`)]).toEqual([table, []])
})

it('an export has every point of log and chunks once, by month, service, type and time', async () => {
  await fill(1)
  await compact()
  await log.write([
    [kept, NOON, 9],
    [kept, NOON + MINUTE, 8],
    [kept, LONG_AGO, 7],
  ])
  const exported: string[] = []
  const months = await selectStoredMonths(deps)
  for (const month of months)
    for await (const { series, at, value } of storedRuns(deps, month))
      for (const [i, time] of at.entries()) exported.push(`${month} ${series.labels} ${time} ${value[i]}`)
  expect(months).toEqual(['2020-02-01', '2026-11-01'])
  expect(new Set(exported).size).toBe(exported.length)
  expect(exported.length).toBe((await log.stored()).length)
  expect(exported.filter((line) => line.endsWith(`${NOON} 9`)).length).toBe(1)
})
