import { readMetricParquet } from '@penstock/shared/archive/metric-parquet-reader.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ArchiveDeps,
  type ArchivedMonths,
  openArchivedMonths,
} from '../../../test/support/months/archived-months.ts'
import { archiveMetrics, dropMetrics, expireMetrics } from './metric-months.ts'

let months: ArchivedMonths
let acme: number
let zeta: number
beforeAll(async () => {
  months = await openArchivedMonths()
  acme = await months.tenant('acme')
  zeta = await months.tenant('zeta')
})
afterAll(async () => await months.close())

const at = (text: string): number => Date.parse(text) * 1000
const call = (cutoff: string, more = {}) => ({
  cutoff: at(cutoff),
  dryRun: false,
  deadline: Number.POSITIVE_INFINITY,
  renew: async () => {},
  ...more,
})
const run = async (cutoff: string) => ({
  archived: await archiveMetrics(months.deps, call(cutoff)),
  dropped: await dropMetrics(months.deps, call(cutoff)),
})

/** Returns the content of a month's objects, row by row. */
async function objectsOf(month: string): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {}
  for (const name of months.storage.names()) {
    if (!name.includes(`month=${month}`)) continue
    const file = new Uint8Array(months.storage.read(name)).buffer
    const rows: unknown[] = []
    const slice = async (start: number, end?: number): Promise<ArrayBuffer> => file.slice(start, end)
    for await (const { series, at, value } of readMetricParquet({ byteLength: file.byteLength, slice })) {
      for (const [i, instant] of at.entries()) rows.push({ ...series, at: formatTimestamp(instant), value: value[i] })
    }
    found[name.split('/')[1] ?? ''] = rows
  }
  return found
}
const tableOf = async (month: string) =>
  (
    await months.db.query<{ name: string }>(`select relname as name from pg_class where relname = $1`, [
      `metric_point_${month.slice(0, 7).replace('-', '_')}`,
    ])
  ).length

describe('a month whose last instant is as old as the cutoff', () => {
  it('goes to storage, one object per tenant, is proved, and leaves the database', async () => {
    const a = await months.series(acme, { type: 'b-later', labels: { host: 'é', deep: { x: [1, null] } } })
    const b = await months.series(acme, { type: 'a-first' })
    const c = await months.series(zeta, {})
    await months.fill(acme, '2026-01-01', [
      [a, '31T23:59:59.999999Z', 0.1],
      [a, '01T00:00:00Z', -1e150],
      [b, '15T12:00:00.000001Z', 5e-324],
    ])
    await months.fill(zeta, '2026-01-01', [[c, '02T00:00:00Z', 3]])
    await months.rollUp()
    expect(await archiveMetrics(months.deps, call('2026-01-31T23:59:59.999Z'))).toEqual({
      archived: 0,
      uris: [],
      more: false,
    })

    const archived = await archiveMetrics(months.deps, call('2026-02-01T00:00:00Z'))
    expect(archived).toEqual({
      archived: 4,
      uris: [
        expect.stringMatching(
          /^gs:\/\/test-archive\/metrics\/tenant=acme\/month=2026-01-01\/part-[0-9a-f]{64}\.parquet$/,
        ),
        expect.stringMatching(
          /^gs:\/\/test-archive\/metrics\/tenant=zeta\/month=2026-01-01\/part-[0-9a-f]{64}\.parquet$/,
        ),
      ],
      more: false,
    })
    expect(await months.stateOf('2026-01-01')).toBe('verified')
    expect((await months.rowsOf('2026-01-01')).length).toBe(4)
    const row = { service: 'api', unit: '%' }
    const labels = '{"deep":{"x":[1,null]},"host":"é"}'
    expect(await objectsOf('2026-01-01')).toEqual({
      'tenant=acme': [
        { ...row, type: 'a-first', labels: '{}', at: '2026-01-15T12:00:00.000001Z', value: 5e-324 },
        { ...row, type: 'b-later', labels, at: '2026-01-01T00:00:00.000000Z', value: -1e150 },
        { ...row, type: 'b-later', labels, at: '2026-01-31T23:59:59.999999Z', value: 0.1 },
      ],
      'tenant=zeta': [{ ...row, type: 'cpu', labels: '{}', at: '2026-01-02T00:00:00.000000Z', value: 3 }],
    })

    expect(await dropMetrics(months.deps, call('2026-02-01T00:00:00Z'))).toEqual({
      deleted: 4,
      uris: archived.uris,
      more: false,
    })
    expect(await months.stateOf('2026-01-01')).toBe('dropped')
    expect(await tableOf('2026-01-01')).toBe(0)
    const manifest = await months.db.query(
      `select tenant_id, rows::int, min_ts, max_ts, state, verified_at is not null as verified from archive order by tenant_id`,
    )
    expect(manifest).toEqual([
      {
        tenant_id: acme,
        rows: 3,
        min_ts: '2026-01-01 00:00:00+00',
        max_ts: '2026-01-31 23:59:59.999999+00',
        state: 'verified',
        verified: true,
      },
      {
        tenant_id: zeta,
        rows: 1,
        min_ts: '2026-01-02 00:00:00+00',
        max_ts: '2026-01-02 00:00:00+00',
        state: 'verified',
        verified: true,
      },
    ])
    expect(await run('2026-02-01T00:00:00Z')).toMatchObject({ archived: { archived: 0 }, dropped: { deleted: 0 } })
  })

  it('of many series and points comes in order, however it is cut into pieces', async () => {
    const ids: number[] = []
    for (let i = 0; i < 30; i++)
      ids.push(await months.series(zeta, { service: `s${i % 3}`, unit: 'x', labels: { i, o: 30 - i } }))
    const long = await months.series(zeta, { service: 's1', unit: 'y' })
    await months.fillEvenly(zeta, '2026-02-01', long, 1_701)
    for (const id of ids) await months.fillEvenly(zeta, '2026-02-01', id, 77, 3_600_000)
    const before = await months.rowsOf('2026-02-01')
    await months.rollUp()
    expect(await archiveMetrics(months.deps, call('2026-03-01T00:00:00Z'))).toMatchObject({ archived: 1_701 + 30 * 77 })
    const rows = (await objectsOf('2026-02-01'))['tenant=zeta'] as Record<string, string>[]
    expect(rows.length).toBe(before.length)
    const keys = rows.map((r) => `${r['service']}|${r['unit']}|${r['labels']}|${r['at']}`)
    expect(keys).toEqual(keys.toSorted())
  })

  it('without points leaves too, with nothing in storage', async () => {
    await months.fill(acme, '2026-03-01', [])
    await months.rollUp()
    expect(await run('2026-04-01T00:00:00Z')).toMatchObject({
      archived: { archived: 0 },
      dropped: { deleted: expect.any(Number) },
    })
    expect(await months.stateOf('2026-03-01')).toBe('dropped')
    expect(await objectsOf('2026-03-01')).toEqual({})
  })

  it('is counted by a dry run, which changes nothing', async () => {
    const s = await months.series(acme, { type: 'dry' })
    await months.fill(acme, '2025-01-01', [[s, '02T00:00:00Z', 1]])
    await months.rollUp()
    const dry = call('2025-02-01T00:00:00Z', { dryRun: true })
    expect(await archiveMetrics(months.deps, dry)).toEqual({ archived: 1, uris: [], more: false })
    expect(await months.stateOf('2025-01-01')).toBe('live')
    expect(await run('2025-02-01T00:00:00Z')).toMatchObject({ archived: { archived: 1 }, dropped: { deleted: 1 } })
  })
})

describe('a month', () => {
  it('stays sealed while its roll-ups are not complete, but for hours that can be computed again', async () => {
    const s = await months.series(acme, { type: 'late-rollups' })
    await months.fill(acme, '2025-02-01', [[s, '02T00:00:00Z', 1]])
    await months.rollUp()
    await months.db.query(`update rollup_mark set watermark = '2025-02-28 23:00:00+00'`)
    expect(await run('2025-03-01T00:00:00Z')).toMatchObject({ archived: { archived: 0 }, dropped: { deleted: 0 } })
    expect(await months.stateOf('2025-02-01')).toBe('sealed')
    await months.rollUp()
    await months.db.query(
      `insert into rollup_invalidation (tenant_id, series_id, bucket) values ($1, $2, '2025-02-28 23:00:00+00')`,
      [acme, s],
    )
    await months.db.query('alter table metric_rollup detach partition metric_rollup_2025_02')
    expect(await run('2025-03-01T00:00:00Z')).toMatchObject({ archived: { archived: 0 } })
    await months.db.query(
      `alter table metric_rollup attach partition metric_rollup_2025_02 for values from ('2025-02-01Z') to ('2025-03-01Z')`,
    )
    expect(await run('2025-03-01T00:00:00Z')).toMatchObject({ archived: { archived: 1 }, dropped: { deleted: 1 } })
  })

  it('that points came for while it was on its way takes them, newer ones over older, and is archived with them', async () => {
    const s = await months.series(acme, { type: 'came-late' })
    await months.fill(acme, '2025-03-01', [
      [s, '02T00:00:00Z', 1],
      [s, '03T00:00:00Z', 1],
    ])
    await months.rollUp()
    expect(await archiveMetrics(months.deps, call('2025-04-01T00:00:00Z'))).toMatchObject({ archived: 2 })
    const many = Array.from({ length: 250 }, (_, i) => [s, `04T00:00:00.${String(i).padStart(6, '0')}Z`, i] as const)
    await months.defer(acme, '2025-03-01', [[s, '02T00:00:00Z', 5], [s, '02T00:00:00Z', 6], ...many])
    expect(await dropMetrics(months.deps, call('2025-04-01T00:00:00Z'))).toMatchObject({ deleted: 0 })
    expect(await months.stateOf('2025-03-01')).toBe('sealed')
    expect((await months.db.query('select from rollup_invalidation')).length).toBeGreaterThan(0)
    expect(await run('2025-04-01T00:00:00Z')).toMatchObject({ archived: { archived: 252 }, dropped: { deleted: 252 } })
    const [rolledUp] = await months.db.query(
      `select sum(count)::int as points from metric_rollup where series_id = $1`,
      [s],
    )
    expect(rolledUp).toEqual({ points: 251 })
    expect((await months.db.query('select from deferred_point')).length).toBe(0)
    const rows = await months.db.query<{ state: string; rows: number }>(
      `select state, rows::int from archive where month = '2025-03-01' order by id`,
    )
    expect(rows).toEqual([
      { state: 'replaced', rows: 2 },
      { state: 'verified', rows: 252 },
    ])
    await expireMetrics(months.deps, call('2000-01-01T00:00:00Z'))
    expect(Object.values(await objectsOf('2025-03-01')).map((r) => r.length)).toEqual([252])
  })

  it('on hold stays in the database, then in storage, until the hold is released', async () => {
    const s = await months.series(acme, { type: 'held' })
    await months.fill(acme, '2025-04-01', [[s, '02T00:00:00Z', 1]])
    await months.rollUp()
    const [hold] = await months.db.query<{ id: string }>(
      `insert into archive_hold (tenant_id, dataset, from_ts, to_ts, reason, placed_by)
       values ($1, 'metrics', '2025-04-30', '2025-05-30', 'a case', 'op') returning id`,
      [acme],
    )
    expect(await run('2025-05-01T00:00:00Z')).toMatchObject({ archived: { archived: 1 }, dropped: { deleted: 0 } })
    expect(await months.stateOf('2025-04-01')).toBe('verified')
    const release = async () =>
      await months.db.query(`update archive_hold set released_at = now(), released_by = 'op' where id = $1`, [hold?.id])
    await release()
    expect(await run('2025-05-01T00:00:00Z')).toMatchObject({ dropped: { deleted: 1 } })
    await months.db.query(`update archive_hold set released_at = null, released_by = null`)
    const longAfter = call('2100-01-01T00:00:00Z')
    await expireMetrics(months.deps, longAfter)
    expect(await months.stateOf('2025-04-01')).toBe('dropped')
    await release()
    expect(await expireMetrics(months.deps, { ...longAfter, dryRun: true })).toMatchObject({ deleted: 1 })
    expect(await expireMetrics(months.deps, longAfter)).toMatchObject({ deleted: 1, more: false })
    expect(await months.stateOf('2025-04-01')).toBe('expired')
    expect(await objectsOf('2025-04-01')).toEqual({})
  })

  it('that is put on hold while its objects are looked at for the last time is not dropped', async () => {
    const s = await months.series(acme, { type: 'held-late' })
    await months.fill(acme, '2025-06-01', [[s, '02T00:00:00Z', 1]])
    await months.rollUp()
    await archiveMetrics(months.deps, call('2025-07-01T00:00:00Z'))
    const stat: ArchiveDeps['store']['stat'] = async (name) => {
      await months.db.query(
        `insert into archive_hold (tenant_id, dataset, from_ts, to_ts, reason, placed_by)
         values ($1, 'metrics', '2025-06-02', '2025-06-03', 'a case', 'op')`,
        [acme],
      )
      return await months.deps.store.stat(name)
    }
    const late = { ...months.deps, store: { ...months.deps.store, stat } }
    expect(await dropMetrics(late, call('2025-07-01T00:00:00Z'))).toMatchObject({ deleted: 0 })
    expect(await months.stateOf('2025-06-01')).toBe('detached')
    await months.db.query('delete from archive_hold')
    expect(await dropMetrics(months.deps, call('2025-07-01T00:00:00Z'))).toMatchObject({ deleted: 1 })
  })

  it('whose points are on hold carries a temporary hold on its object', async () => {
    const s = await months.series(zeta, { type: 'held' })
    await months.fill(zeta, '2025-05-01', [[s, '02T00:00:00Z', 1]])
    await months.rollUp()
    await months.db.query(
      `insert into archive_hold (tenant_id, dataset, from_ts, to_ts, reason, placed_by) values ($1, 'metrics', '2025-05-02', '2025-05-03', 'a case', 'op')`,
      [zeta],
    )
    await run('2025-06-01T00:00:00Z')
    const names = months.storage.names().filter((name) => name.includes('2025-05'))
    expect(names.map((name) => months.storage.isHeld(name))).toEqual([true])
    await months.db.query(`delete from archive_hold`)
  })

  it('is never archived by a role that does not see every row', async () => {
    const s = await months.series(acme, { type: 'hidden' })
    await months.fill(acme, '2024-01-01', [[s, '02T00:00:00Z', 1]])
    await months.rollUp()
    // That of another role, as readers have one, hides nothing from this one.
    for (const role of ['public', 'penstock_retention']) {
      await months.db.query(`create policy narrow on metric_point as restrictive to ${role} using (tenant_id = 1)`)
      expect((await archiveMetrics(months.deps, call('2024-02-01T00:00:00Z'))).error).toMatch('2024-01-01')
      await months.db.query('drop policy narrow on metric_point')
    }
    await months.db.query('drop policy all_rows_penstock_retention on metric_point')
    const { error } = await archiveMetrics(months.deps, call('2024-02-01T00:00:00Z'))
    expect(error).toMatch('2024-01-01')
    expect(await months.stateOf('2024-01-01')).toBe('live')
    await months.db.query(`update metric_month set state = 'written' where month = '2024-01-01'`)
    expect((await archiveMetrics(months.deps, call('2024-02-01T00:00:00Z'))).error).toMatch('2024-01-01')
    expect(await months.stateOf('2024-01-01')).toBe('written')
    await months.db.query(
      'create policy all_rows_penstock_retention on metric_point to penstock_retention using (true)',
    )
    expect((await archiveMetrics(months.deps, call('2024-02-01T00:00:00Z'))).error).toMatch('2024-01-01')
  })

  it('is archived whatever policy restricts another role, and not when one restricts this one', async () => {
    const s = await months.series(acme, { type: 'restricted' })
    await months.fill(acme, '2023-01-01', [[s, '02T00:00:00Z', 1]])
    await months.rollUp()
    const restrict = async (role: string) =>
      await months.db.query(`create policy less on metric_point as restrictive to ${role} using (value > 1)`)
    await restrict('penstock_retention')
    expect((await archiveMetrics(months.deps, call('2023-02-01T00:00:00Z'))).error).toMatch('2023-01-01')
    await months.db.query('drop policy less on metric_point')
    await restrict('penstock_metrics_query')
    expect((await archiveMetrics(months.deps, call('2023-02-01T00:00:00Z'))).error).toBeUndefined()
    expect(await months.stateOf('2023-01-01')).toBe('verified')
    await months.db.query('drop policy less on metric_point')
  })
})
