import { goLive } from '@penstock/shared/months/go-live.ts'
import { monthTable, POINTS, ROLLUPS } from '@penstock/shared/months/month-table.ts'
import type { MonthState } from '@penstock/shared/schema/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Months, openMonths } from '../../test/support/months/months.ts'
import { type Audited, findingsOf } from './audit.ts'
import { type PartitionFacts, selectPartitions } from './audit-queries.ts'
import type { Finding } from './contract.ts'
import { surveyPartitions } from './survey.ts'

const facts = (name: string, changes: Partial<PartitionFacts> = {}): PartitionFacts => {
  const from = `${name.slice(-7, -3)}-${name.slice(-2)}-01`
  const to = new Date(Date.UTC(Number(from.slice(0, 4)), Number(from.slice(5, 7)), 1)).toISOString().slice(0, 10)
  return {
    name,
    attached: true,
    from,
    to,
    bounds: `FOR VALUES FROM ('${from} 00:00:00+00') TO ('${to} 00:00:00+00')`,
    is_default: false,
    detach_pending: false,
    row_security: true,
    grants: [],
    missing_indexes: [],
    invalid_indexes: [],
    rows: -1,
    ...changes,
  }
}
const november = 'metric_point_2026_11'
const rollups = (month: string) => facts(monthTable(ROLLUPS, month).name)
const unattached = { attached: false, from: null, to: null, bounds: null }
const audit = (audited: Partial<Omit<Audited, 'states'>> & { states?: Record<string, MonthState> }): string[] =>
  findingsOf({
    tables: [facts(november)],
    rollups: Object.keys(audited.states ?? { '2026-11-01': 'live' }).map(rollups),
    rolledUp: new Set(),
    required: ['2026-11-01'],
    deferred: [],
    ...audited,
    states: new Map(Object.entries(audited.states ?? { '2026-11-01': 'live' })),
  }).map(({ code, table }) => `${code} ${table}`)

describe('the audit', () => {
  it('finds nothing where all is well', () => {
    expect(audit({})).toEqual([])
  })

  it('finds a month without a partition of the roll-ups while its points are there, and one that nobody attached', () => {
    const states = { '2026-11-01': 'live', '2014-04-01': 'cold', '2014-05-01': 'verified' } as const
    const tables = [facts(november), facts('metric_point_2014_05')]
    expect(audit({ tables, states, required: [], rollups: [rollups('2026-11-01')] })).toEqual([
      'partition_missing metric_rollup',
    ])
    const loose = { ...rollups('2026-12-01'), ...unattached }
    expect(audit({ rollups: [rollups('2026-11-01'), loose] })).toEqual(['unattached metric_rollup_2026_12'])
  })

  it('finds nothing in roll-ups of a month whose points are gone', () => {
    expect(audit({ states: { '2026-11-01': 'live', '2014-04-01': 'dropped', '2014-05-01': 'expired' } })).toEqual([])
  })

  it('finds a required month without a partition', () => {
    expect(audit({ required: ['2026-11-01', '2026-12-01'] })).toEqual([
      'month_missing metric_point',
      'month_missing metric_rollup',
    ])
  })

  it.each(['live', 'sealed', 'written', 'verified'] as const)('finds a %s month without a partition', (state) => {
    expect(audit({ states: { '2026-11-01': 'live', '2014-04-01': state } })).toEqual(['partition_missing metric_point'])
  })

  it.each(['cold', 'detached', 'dropped', 'expired'] as const)('finds nothing in a %s month without one', (state) => {
    expect(audit({ states: { '2026-11-01': 'live', '2014-04-01': state } })).toEqual([])
  })

  it.each(['detached', 'dropped', 'expired'] as const)('finds a partition of a %s month', (state) => {
    expect(audit({ states: { '2026-11-01': state } })).toEqual([`state_mismatch ${november}`])
  })

  it.each(['live', 'sealed', 'written', 'verified', 'cold'] as const)('finds nothing in one of a %s month', (state) => {
    expect(audit({ states: { '2026-11-01': state } })).toEqual([])
  })

  it('finds a partition whose month has no state', () => {
    const rollup = [rollups('2026-11-01')]
    expect(audit({ states: {}, rollups: rollup })).toEqual([
      `state_mismatch ${november}`,
      'state_mismatch metric_rollup_2026_11',
    ])
  })

  it.each([
    ['two months', { to: '2027-01-01' }],
    ['another month than its name says', { from: '2026-10-01', to: '2026-11-01' }],
    ['no whole month', { to: null }],
  ])('finds a partition that holds %s', (_, changes) => {
    const states = { '2026-11-01': 'live', '2026-10-01': 'live' } as const
    expect(audit({ tables: [facts(november, changes)], states, required: [] })).toContain(`wrong_bounds ${november}`)
  })

  it('finds a table that a run left behind, but not one that is being filled or was just detached', () => {
    const tables = [facts(november), facts('metric_point_2014_04', unattached)]
    const live = { '2026-11-01': 'live' } as const
    expect(audit({ tables })).toEqual(['unattached metric_point_2014_04'])
    expect(audit({ tables, deferred: ['2014-04-01'] })).toEqual([])
    expect(audit({ tables, states: { ...live, '2014-04-01': 'detached' } })).toEqual([])
    expect(audit({ tables, states: { ...live, '2014-04-01': 'dropped' } })).toEqual(['unattached metric_point_2014_04'])
  })

  it.each([
    ['default_partition', { is_default: true, from: null, to: null }],
    ['detach_pending', { detach_pending: true }],
    ['row_security', { row_security: false }],
    ['stray_grant', { grants: ['public: SELECT'] }],
    ['index_missing', { missing_indexes: ['metric_point_ts'] }],
    ['index_invalid', { invalid_indexes: ['metric_point_2026_11_ts_idx'] }],
  ])('finds %s', (code, changes) => {
    expect(audit({ tables: [facts(november, changes)], required: [] })).toContain(`${code} ${november}`)
  })
})

describe('the catalogue', () => {
  let months: Months
  const month = '2011-01-01'
  const table = 'metric_point_2011_01'
  beforeAll(async () => {
    months = await openMonths()
    await goLive(months.deps(), month)
  })
  afterAll(async () => await months.close())

  const look = async (): Promise<Finding[]> =>
    await months.database.writeAll(async (tx) => {
      const survey = await surveyPartitions(tx, Date.UTC(2011, 0, 15) * 1000)
      return findingsOf({ ...survey, required: [month] })
    })
  /** Returns the findings after a change as superuser, which is then undone. */
  const foundAfter = async (change: string, undo: string): Promise<Finding[]> => {
    await months.db.query(change)
    const found = await look()
    await months.db.query(undo)
    expect(await look()).toEqual([])
    return found
  }

  it('says of a partition what it is', async () => {
    await months.db.query('analyze metric_point_2011_01')
    const found = await months.database.writeAll((tx) => selectPartitions(tx, POINTS))
    expect(found).toEqual([{ ...facts(table), rows: 0 }])
  })

  it('tells bounds apart from a month’s, in whatever zone the session is', async () => {
    await months.db.query(`
      create table metric_point_2011_03 (like metric_point including all);
      alter table metric_point_2011_03 enable row level security, force row level security;
      alter table metric_point attach partition metric_point_2011_03
        for values from ('2011-03-01 00:00:00+05:45') to ('2011-04-01 00:00:00+05:45')`)
    await months.db.query(`insert into metric_month (month, state) values ('2011-03-01', 'live')`)
    const found = (await look()).filter((finding) => finding.table !== ROLLUPS)
    expect(found.map(({ code }) => code)).toEqual(['partition_missing', 'wrong_bounds'])
    await months.db.query(`drop table metric_point_2011_03; delete from metric_month where month = '2011-03-01'`)
  })

  it.each([
    ['disable row level security', 'enable row level security'],
    ['no force row level security', 'force row level security'],
  ])('shows row security that was changed: %s', async (change, undo) => {
    const found = await foundAfter(`alter table ${table} ${change}`, `alter table ${table} ${undo}`)
    expect(found.map(({ code }) => code)).toEqual(['row_security'])
  })

  it.each([
    ['select on metric_point_2011_01', 'penstock_metrics_query', 'penstock_metrics_query: SELECT'],
    ['delete on metric_point_2011_01', 'public', 'public: DELETE'],
    ['update (value) on metric_point_2011_01', 'penstock_partitions', 'penstock_partitions: UPDATE'],
  ])('shows a stray grant: %s to %s', async (grant, role, detail) => {
    const found = await foundAfter(`grant ${grant} to ${role}`, `revoke ${grant} from ${role}`)
    expect(found).toEqual([{ code: 'stray_grant', table, detail }])
  })

  it('shows an index that is missing on one partition, and one that is invalid', async () => {
    const add = 'create index added on only metric_point (tenant_id)'
    const missing = await foundAfter(add, 'drop index added')
    expect(missing).toEqual([{ code: 'index_missing', table, detail: 'no index of it belongs to added' }])
    const mark = (valid: boolean) =>
      `update pg_index set indisvalid = ${valid} where indexrelid = 'metric_point_2011_01_ts_idx'::regclass`
    const invalid = await foundAfter(mark(false), mark(true))
    expect(invalid).toEqual([{ code: 'index_invalid', table, detail: 'metric_point_2011_01_ts_idx' }])
  })

  it('shows a default partition', async () => {
    const make = `
      create table metric_point_rest partition of metric_point default;
      alter table metric_point_rest enable row level security, force row level security`
    const found = await foundAfter(make, 'drop table metric_point_rest')
    expect(found.map((finding) => `${finding.code} ${finding.table}`)).toEqual(['default_partition metric_point_rest'])
  })

  it('shows a table that was left behind, and a detach that was interrupted', async () => {
    const left = await foundAfter(
      `create table metric_point_2011_02 (like metric_point);
       alter table metric_point_2011_02 enable row level security, force row level security`,
      'drop table metric_point_2011_02',
    )
    expect(left.map((finding) => `${finding.code} ${finding.table}`)).toEqual(['unattached metric_point_2011_02'])
    const mark = (pending: boolean) =>
      `update pg_inherits set inhdetachpending = ${pending} where inhrelid = '${table}'::regclass`
    const pending = await foundAfter(mark(true), mark(false))
    expect(pending.map(({ code }) => code)).toEqual(['detach_pending'])
  })
})
