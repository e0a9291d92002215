import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ArchiveDeps,
  type ArchivedMonths,
  openArchivedMonths,
} from '../../../test/support/months/archived-months.ts'
import { mortal } from '../../../test/support/months/mortal.ts'
import { archiveMetrics, dropMetrics, expireMetrics } from './metric-months.ts'
import { reopenMonth } from './reopen.ts'

/** All of them take minutes: CRASH_EVERY=1. */
const EVERY = Number(process.env['CRASH_EVERY'] ?? 13)

let months: ArchivedMonths
let acme: number
let zeta: number
let series: number[]
beforeAll(async () => {
  months = await openArchivedMonths()
  acme = await months.tenant('acme')
  zeta = await months.tenant('zeta')
  series = [
    await months.series(acme, { labels: { ü: [1] } }),
    await months.series(acme, {}),
    await months.series(zeta, {}),
  ]
  await months.rollUp()
})
afterAll(async () => await months.close())

const call = {
  cutoff: Date.UTC(2026, 0, 1) * 1000,
  dryRun: false,
  deadline: Number.POSITIVE_INFINITY,
  renew: async () => {},
}
/** As retention makes it, with roll-ups that are always complete. */
async function run(deps: ArchiveDeps = months.deps): Promise<string[]> {
  const results = [await archiveMetrics(deps, call)]
  await months.rollUp()
  for (const policy of [archiveMetrics, dropMetrics]) results.push(await policy(deps, call))
  results.push(await expireMetrics(deps, { ...call, cutoff: 0 }))
  return results.flatMap(({ error }) => error ?? [])
}
const reopen = async (month: string) => await reopenMonth({ ...months.deps, renew: call.renew }, month)
const [a, b, c] = [0, 1, 2]
const s = (i: number): number => series[i] ?? -1
const points = () => ({
  acme: [
    [s(a), '28T23:59:59.999999Z', 0.1],
    [s(a), '01T00:00:00Z', -5e-324],
    [s(b), '15T12:00:00.000001Z', 1 / 3],
  ] as const,
  zeta: [[s(c), '02T00:00:00Z', 3]] as const,
})
/** A month with points of two tenants, archived and dropped; its rows as they were. */
async function archivedMonth(month: string): Promise<string[]> {
  await months.fill(acme, month, points().acme)
  await months.fill(zeta, month, points().zeta)
  const rows = await months.rowsOf(month)
  expect(await run()).toEqual([])
  expect(await months.stateOf(month)).toBe('dropped')
  return rows
}
const objects = async (month: string) =>
  await months.db.query<{ tenant_id: number; rows: number; state: string; gone: boolean }>(
    `select tenant_id, rows::int, state, removed_at is not null as gone from archive where month = $1 order by id`,
    [month],
  )
const inStorage = (month: string) => months.storage.names().filter((name) => name.includes(month)).length
const leftOver = async () =>
  (await months.db.query<{ n: number }>(`select count(*)::int as n from pg_class where relname = 'month_staging'`))[0]
    ?.n

describe('a reopened month', () => {
  it('is as it was, to the bit, and archived again with the same objects', async () => {
    const before = await archivedMonth('2024-01-01')
    expect(await reopen('2024-01-01')).toEqual({ month: '2024-01-01', restored: 4, merged: 0 })
    expect(await months.stateOf('2024-01-01')).toBe('live')
    expect(await months.rowsOf('2024-01-01')).toEqual(before)
    const [state] = await months.db.query(
      `select relrowsecurity and relforcerowsecurity as secured, not exists (select from aclexplode(relacl) a where a.grantee <> relowner) as closed from pg_class where relname = 'metric_point_2024_01'`,
    )
    expect(state).toEqual({ secured: true, closed: true })
    const inOrder = await months.db.query<{ ts: string }>('select ts from metric_point_2024_01 order by ctid')
    expect(inOrder.map(({ ts }) => ts)).toEqual(inOrder.map(({ ts }) => ts).toSorted())
    expect(await months.db.query('select from rollup_invalidation')).toEqual([])
    const rows = await objects('2024-01-01')
    expect(await run()).toEqual([])
    expect(await months.stateOf('2024-01-01')).toBe('dropped')
    expect(await objects('2024-01-01')).toEqual(rows)
    expect(inStorage('2024-01-01')).toBe(2)
  })

  it('takes what came late, newer over older, and its object is replaced by one that has both', async () => {
    await archivedMonth('2024-02-01')
    await months.defer(acme, '2024-02-01', [
      [s(b), '15T12:00:00.000001Z', 7],
      [s(b), '15T12:00:00.000001Z', 8],
      [s(b), '16T00:00:00Z', 9],
    ])
    expect((await archiveMetrics(months.deps, call)).error).toBeUndefined()
    // Its roll-ups are computed by the same run: nobody else has to.
    expect(await months.stateOf('2024-02-01')).toBe('verified')
    expect(await months.rowsOf('2024-02-01')).toContain(`${acme} ${s(b)} 2024-02-15 12:00:00.000001+00 8`)
    expect(
      await months.db.query(
        `select bucket, count, sum from metric_rollup
         where series_id = $1 and bucket >= '2024-02-15Z' and bucket < '2024-02-17Z' order by 1`,
        [s(b)],
      ),
    ).toEqual([
      { bucket: '2024-02-15 12:00:00+00', count: '1', sum: 8 },
      { bucket: '2024-02-16 00:00:00+00', count: '1', sum: 9 },
    ])
    expect(await months.db.query('select from rollup_invalidation')).toEqual([])
    expect(await run()).toEqual([])
    expect(await objects('2024-02-01')).toEqual([
      { tenant_id: acme, rows: 3, state: 'replaced', gone: true },
      { tenant_id: zeta, rows: 1, state: 'verified', gone: false },
      { tenant_id: acme, rows: 4, state: 'verified', gone: false },
    ])
    expect(inStorage('2024-02-01')).toBe(2)
  })

  it('was not reopened for points that are stored with just these values', async () => {
    await archivedMonth('2024-03-01')
    await months.defer(acme, '2024-03-01', [[s(b), '15T12:00:00.000001Z', 1], ...points().acme])
    expect(await run()).toEqual([])
    expect(await months.db.query('select from deferred_point')).toEqual([])
    expect(
      await months.db.query(`select from metric_month where month = '2024-03-01' and reopened_at is not null`),
    ).toEqual([])
    await months.defer(acme, '2024-03-01', [[s(a), '01T00:00:00Z', 5e-324]])
    expect(await run()).toEqual([])
    expect(
      (await months.db.query(`select from metric_month where month = '2024-03-01' and reopened_at is not null`)).length,
    ).toBe(1)
  })

  it('is reopened by itself no more often than is set', async () => {
    await archivedMonth('2024-04-01')
    await months.db.query(
      `update metric_month set reopened_at = now() - interval '59 minutes' where month = '2024-04-01'`,
    )
    await months.defer(acme, '2024-04-01', [[s(b), '16T00:00:00Z', 9]])
    const hourly = { ...months.deps, limits: { ...months.deps.limits, reopenEveryMs: 3_600_000 } }
    expect(await run(hourly)).toEqual([])
    expect((await months.db.query('select from deferred_point')).length).toBe(1)
    await months.db.query(
      `update metric_month set reopened_at = now() - interval '61 minutes' where month = '2024-04-01'`,
    )
    expect(await run(hourly)).toEqual([])
    expect(await months.db.query('select from deferred_point')).toEqual([])
  })

  it('is not made of objects that changed, and nothing of it is left', async () => {
    await archivedMonth('2024-05-01')
    const name = months.storage.names().find((of) => of.includes('zeta/month=2024-05')) ?? ''
    const bytes = months.storage.read(name)
    const other = Buffer.from(bytes)
    other.writeUInt8(other.readUInt8(30) ^ 1, 30)
    for (const changed of [bytes.subarray(0, bytes.length - 1), other]) {
      months.storage.damage(name, changed)
      await expect(reopen('2024-05-01')).rejects.toThrow(/zeta/)
      expect([await months.stateOf('2024-05-01'), await leftOver()]).toEqual(['dropped', 0])
      expect(await months.db.query(`select from pg_class where relname = 'metric_point_2024_05'`)).toEqual([])
    }
    months.storage.damage(name, bytes)
    expect(await reopen('2024-05-01')).toMatchObject({ restored: 4 })
    expect(await run()).toEqual([])
  })

  it('keeps its object when the one that would replace it lacks a point', async () => {
    await archivedMonth('2024-06-01')
    await reopen('2024-06-01')
    await months.db.query(`delete from metric_point where ts = '2024-06-15 12:00:00.000001+00'`)
    await months.fill(acme, '2024-06-01', [[s(b), '20T00:00:00Z', 1]])
    expect(await run()).toEqual([expect.stringContaining('2024-06-01'), expect.stringContaining('2024-06-01')])
    expect((await objects('2024-06-01')).filter(({ state }) => state === 'verified').map(({ rows }) => rows)).toEqual([
      3, 1,
    ])
    expect((await months.rowsOf('2024-06-01')).length).toBe(4)
    await months.fill(acme, '2024-06-01', [[s(b), '15T12:00:00.000001Z', 1 / 3]])
    expect(await run()).toEqual([])
    expect(await months.stateOf('2024-06-01')).toBe('dropped')
    expect((await objects('2024-06-01')).filter(({ state }) => state === 'verified').map(({ rows }) => rows)).toEqual([
      1, 4,
    ])
  })
})

it('a month that is not archived is none to reopen', async () => {
  await months.fill(acme, '2025-12-01', points().acme)
  await expect(reopen('2025-12-01')).rejects.toMatchObject({ kind: { status: 404 } })
  await expect(reopen('1999-01-01')).rejects.toMatchObject({ kind: { status: 404 } })
  await months.db.query(`update metric_month set state = 'cold' where month = '2025-12-01'`)
  await expect(reopen('2025-12-01')).rejects.toMatchObject({ kind: { status: 503 } })
  await months.db.query(`delete from metric_month where month = '2025-12-01'`)
})

describe('reopening', { timeout: 1_800_000 }, () => {
  it('is gone on with by the next run, wherever its instance died', async () => {
    let deaths = 0
    for (let n = 0; ; n += EVERY) {
      const month = new Date(Date.UTC(1950, n / EVERY, 1)).toISOString().slice(0, 10)
      await archivedMonth(month)
      await months.defer(acme, month, [[s(b), '16T00:00:00Z', n]])
      const dying = mortal(months, n)
      await archiveMetrics(dying.deps, call).catch(() => {})
      months.storage.onCall = () => undefined
      expect([n, await run()]).toEqual([n, []])
      expect([n, await run()]).toEqual([n, []])
      expect([n, await months.stateOf(month), await months.db.query('select from deferred_point')]).toEqual([
        n,
        'dropped',
        [],
      ])
      const standing = (await objects(month)).filter(({ gone }) => !gone)
      expect([n, standing.map(({ rows, state }) => [rows, state])]).toEqual([
        n,
        [
          [1, 'verified'],
          [4, 'verified'],
        ],
      ])
      if (!dying.isDead()) break
      deaths++
    }
    expect(deaths).toBeGreaterThan(30 / EVERY)
  })
})
