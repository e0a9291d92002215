// The dashboard of docs/grafana, query by query, as a tenant's reader: it shows what metrics-query answers.
import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { HOUR, MINUTE, parseTimestamp } from '@penstock/shared/base/time.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bucket } from '../functions/metrics-query/contract.ts'
import { createReader } from '../scripts/database/keys/readers.ts'
import { compactEverything } from './support/points/compact-everything.ts'
import { createQueryClient, type QueryClient } from './support/points/query-client.ts'
import { addPoints, addSeries } from './support/points/stored-series.ts'
import { createTenant } from './support/postgres/database.ts'
import { asGrafanaSends, type GrafanaRange } from './support/programs/grafana.ts'

interface Dashboard {
  readonly templating: { readonly list: readonly { name: string; type: string; query: string }[] }
  readonly panels: readonly { title: string; targets: readonly { rawSql: string }[] }[]
}

const dashboard = JSON.parse(
  readFileSync(new URL('../docs/grafana/dashboard.json', import.meta.url), 'utf8'),
) as Dashboard
const panels = new Map(dashboard.panels.map(({ title, targets }) => [title, targets[0]?.rawSql ?? '']))
const lists = dashboard.templating.list.filter(({ type }) => type === 'query')

const us = (text: string): number => parseTimestamp(text) as number
const FIRST = us('2026-11-10T00:00:00Z')
const SERVICE = `pump 7's "main" \\ -- $1`
const days: GrafanaRange = { from: '2026-11-10T00:00:00Z', to: '2026-11-12T23:59:59.999999Z', interval: '1h' }
const any = { service: SERVICE, metric: 'temp', label: '(any)' }

let client: QueryClient
let reader: Client
let admin: Client
let tenant: number
beforeAll(async () => {
  client = await createQueryClient({ months: ['2026-10-01', '2026-11-01'], now: us('2026-11-13T00:00:00Z') })
  const { database } = client
  // Roles are the server's: other tests' tenants have other numbers.
  await database.query(`alter table tenant alter id restart with ${randomInt(1_000_000, 999_000_000)}`)
  const other = await createTenant(database, 'other')
  tenant = await createTenant(database, 'mine')
  for (const owner of [other, tenant]) {
    for (const [number, site] of ['north', "o'neill"].entries()) {
      const id = await addSeries(database, owner, { service: SERVICE, labels: { site } })
      // Three days, every 7 minutes, and a gap.
      const points = Array.from(
        { length: 617 },
        (_, i) => [FIRST + i * 7 * MINUTE, owner * 1e-9 + number + i / 3] as const,
      )
      await addPoints(
        database,
        owner,
        id,
        points.filter((_, i) => i < 100 || i > 130),
      )
    }
    await addSeries(database, owner, { service: owner === tenant ? 'mine alone' : 'theirs alone', type: 'load' })
  }
  const compaction = database.openAs('compaction')
  await compactEverything(compaction)
  await compaction.close()
  // Late points, which the log holds: one in an hour with points, and one in an hour without.
  await late(FIRST + 5 * HOUR + 1, 1e6)
  await late(FIRST + 13 * HOUR + 1, -1e6)

  admin = await database.connect()
  const made = await createReader(
    { client: admin, budget, tier: 'large', randomBytes },
    { tenant: 'mine', connections: 1 },
  )
  const url = new URL(database.url)
  Object.assign(url, { username: made.login, password: made.password })
  reader = new Client({ connectionString: url.href })
  await reader.connect()
})
afterAll(async () => {
  await reader.end()
  await admin.end()
  await client.close()
})

async function late(at: number, value: number): Promise<void> {
  const [row] = await client.database.query<{ id: number }>(
    'select min(id) as id from metric_series where tenant_id = $1',
    [tenant],
  )
  await addPoints(client.database, tenant, row?.id ?? 0, [[at, value]])
}

const show = async (title: string, range = days, variables = any): Promise<Record<string, unknown>[]> =>
  (await reader.query<Record<string, unknown>>(asGrafanaSends(panels.get(title) ?? '', range, variables))).rows

const ask = async (range: GrafanaRange, more: Record<string, string> = {}): Promise<readonly Bucket[]> => {
  const query = { service_name: SERVICE, metric_type: 'temp', start_time: range.from, end_time: range.to }
  return (await client.aggregate(tenant, { interval: 'hour', ...query, ...more })).data
}

const instant = (bucket: Bucket): number => Date.parse(bucket.timestamp) / 1000
const closeTo = (value: number) => expect.closeTo(value, 6)

describe('the dashboard, to a reader', () => {
  it.each([
    ['1h', 'hour'],
    ['1d', 'day'],
  ])('shows means by %s as metrics-query answers them, late points included', async (width, interval) => {
    const rows = await show('Mean', { ...days, interval: width })
    for (const site of ['north', "o'neill"]) {
      const wanted = await ask(days, { interval, 'labels.site': site })
      expect(wanted.length).toBeGreaterThan(2)
      const shown = rows.filter(({ metric }) => String(metric).includes(site))
      expect(shown.map((row) => ({ at: Number(row['time']), value: row['value'] }))).toEqual(
        wanted.map((bucket) => ({ at: instant(bucket), value: closeTo(bucket.avg_value) })),
      )
    }
  })

  it('shows extremes and counts exactly', async () => {
    const wanted = await ask(days)
    expect((await show('Minimum, mean, maximum')).map(({ minimum, maximum }) => [minimum, maximum])).toEqual(
      wanted.map((bucket) => [bucket.min_value, bucket.max_value]),
    )
    expect(wanted.map(({ max_value }) => max_value)).toContain(1e6)
    expect((await show('Points')).map(({ time, points }) => [Number(time), points])).toEqual(
      wanted.map((bucket) => [instant(bucket), bucket.count]),
    )
  })

  it('shows hours that touch the range whole', async () => {
    const inside = { ...days, from: '2026-11-10T05:30:00Z', to: '2026-11-12T03:30:00Z' }
    const whole = { ...days, from: '2026-11-10T05:00:00Z', to: '2026-11-12T03:59:59.999999Z' }
    expect((await show('Points', inside)).map(({ points }) => points)).toEqual(
      (await ask(whole)).map(({ count }) => count),
    )
  })

  it('shows one label alone where it is chosen', async () => {
    const chosen = await show('Points', days, { ...any, label: "site=o'neill" })
    expect(chosen.map(({ points }) => points)).toEqual(
      (await ask(days, { 'labels.site': "o'neill" })).map(({ count }) => count),
    )
  })

  it('shows points as they are in up to six hours, and none in more', async () => {
    const six = { ...days, from: '2026-11-12T00:00:00Z', to: '2026-11-12T06:00:00Z' }
    const query = { service_name: SERVICE, start_time: six.from, end_time: six.to, limit: 1000 }
    const stored = (await client.range(tenant, query)).rows
    const shown = (await show('Points as they are', six)).map(
      (row) => `${(row['time'] as Date).getTime()} ${Number(row['value'])}`,
    )
    expect(shown.length).toBeGreaterThan(100)
    expect([...shown].sort()).toEqual(stored.map((p) => `${Date.parse(p.timestamp)} ${p.metric_value}`).sort())
    expect(await show('Points as they are', { ...six, to: '2026-11-12T06:00:00.001Z' })).toEqual([])
  })

  it('offers its own services, metrics and labels alone', async () => {
    const offered: Record<string, unknown> = {}
    for (const { name, query } of lists) {
      const { rows } = await reader.query({ text: asGrafanaSends(query, days, any), rowMode: 'array' })
      offered[name] = rows.flat()
    }
    expect(offered).toEqual({
      service: ['mine alone', SERVICE],
      metric: ['temp'],
      label: ['(any)', 'site=north', "site=o'neill"],
    })
  })

  it('shows that jobs run', async () => {
    await client.database.query(
      `insert into job_run (job, started_at, lease_until, finished_at, outcome) values
       ('compaction', '2026-11-12 00:00+00', now(), now(), 'failed'), ('compaction', '2026-11-12 00:05+00', now(), now(), 'success')`,
    )
    expect((await show('Jobs')).map(({ job, outcome }) => [job, outcome])).toEqual([['compaction', 'success']])
  })

  it('reads hours through a function whose plan shows nothing of the data', async () => {
    await client.database.query('analyze')
    const sql = asGrafanaSends(panels.get('Mean') ?? '', days, any)
    const { rows } = await reader.query<{ 'QUERY PLAN': string }>(`explain ${sql}`)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toContain('Function Scan on metric_hours')
    expect(plan).not.toMatch(/metric_(rollup|point|chunk|log|hour)_/)
  })
})
