import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LogDatabase, openLog } from '../../test/support/postgres/log-database.ts'
import { type Audited, findingsOf } from './audit.ts'
import { type PartitionFacts, selectPartitions } from './audit-queries.ts'
import type { Finding } from './contract.ts'
import { attachedPartitions, surveyPartitions } from './survey.ts'

const facts = (month: string, next: string, changes: Partial<PartitionFacts> = {}): PartitionFacts => ({
  name: `metric_chunk_${month.slice(0, 7).replace('-', '_')}`,
  attached: true,
  from: month,
  to: next,
  bounds: `FOR VALUES FROM ('${month} 00:00:00+00') TO ('${next} 00:00:00+00')`,
  is_default: false,
  detach_pending: false,
  row_security: true,
  grants: [],
  missing_indexes: [],
  invalid_indexes: [],
  rows: -1,
  ...changes,
})
const november = (changes: Partial<PartitionFacts> = {}) => facts('2026-11-01', '2026-12-01', changes)
const gone = { attached: false, from: null, to: null, bounds: null }
const audit = (changes: Partial<Audited>): string[] =>
  findingsOf({
    tables: [november()],
    leaving: new Map([['2026-11-01', false]]),
    required: ['2026-11-01'],
    ...changes,
  }).map(({ code, table }) => `${code} ${table}`)

describe('the audit', () => {
  it('finds nothing where all is well, and nothing in a month that is about to be dropped', () => {
    expect(audit({})).toEqual([])
    const leaving = new Map([['2026-11-01', true]])
    expect(audit({ leaving, required: [] })).toEqual([])
    expect(audit({ leaving, required: [], tables: [november(gone)] })).toEqual([])
    expect(audit({ leaving, required: [], tables: [] })).toEqual([])
  })

  it('finds months without a partition, and partitions without a month', () => {
    expect(audit({ tables: [] })).toEqual(['month_missing metric_chunk'])
    expect(audit({ tables: [], required: [] })).toEqual(['partition_missing metric_chunk'])
    expect(audit({ leaving: new Map() })).toEqual(['state_mismatch metric_chunk_2026_11'])
    expect(audit({ tables: [november(gone)], required: [] })).toEqual([
      'partition_missing metric_chunk',
      'unattached metric_chunk_2026_11',
    ])
  })

  it.each([
    ['two months', { to: '2027-01-01' }],
    ['another month than its name says', { from: '2026-10-01', to: '2026-11-01' }],
    ['no whole month', { to: null }],
  ])('finds a partition that holds %s', (_, changes) => {
    expect(audit({ tables: [november(changes)], required: [] })).toContain('wrong_bounds metric_chunk_2026_11')
  })

  it.each([
    ['default_partition', { is_default: true, from: null, to: null }],
    ['detach_pending', { detach_pending: true }],
    ['row_security', { row_security: false }],
    ['stray_grant', { grants: ['public: SELECT'] }],
    ['index_missing', { missing_indexes: ['metric_chunk_pkey'] }],
    ['index_invalid', { invalid_indexes: ['metric_chunk_2026_11_pkey'] }],
  ])('finds %s', (code, changes) => {
    expect(audit({ tables: [november(changes)], required: [] })).toContain(`${code} metric_chunk_2026_11`)
  })

  it('shows attached partitions as live', () => {
    const chunks = { tables: [november(), november(gone)], leaving: new Map([['2026-11-01', false]]), required: [] }
    expect(attachedPartitions(chunks)).toEqual([
      { table: 'metric_chunk', month: '2026-11-01', state: 'live', rows: null },
    ])
  })
})

describe('the catalogue', () => {
  let log: LogDatabase
  // One connection, which was verified before anything is changed.
  let partitions: PenstockDatabase
  const month = '2011-01-01'
  const table = 'metric_chunk_2011_01'
  beforeAll(async () => {
    log = await openLog([month])
    partitions = log.open('partitions')
    await look()
  })
  afterAll(async () => await log.close())

  const look = async (): Promise<Finding[]> => {
    const survey = await partitions.readAll((tx) => surveyPartitions(tx, Date.UTC(2011, 0, 15) * 1000))
    return findingsOf({ ...survey, required: [month] })
  }
  /** Returns the findings after a change as superuser, which is then undone. */
  const foundAfter = async (change: string, undo: string): Promise<Finding[]> => {
    await log.db.query(change)
    const found = await look()
    await log.db.query(undo)
    expect(await look()).toEqual([])
    return found
  }

  it('says of a partition what it is', async () => {
    await log.db.query(`analyze ${table}`)
    const found = await partitions.readAll((tx) => selectPartitions(tx, 'metric_chunk'))
    expect(found).toEqual([{ ...facts(month, '2011-02-01'), rows: 0 }])
  })

  it('tells bounds apart from a month’s, in whatever zone the session is', async () => {
    await log.db.query(`
      create table metric_chunk_2011_03 (like metric_chunk including all);
      alter table metric_chunk_2011_03 enable row level security, force row level security;
      alter table metric_chunk attach partition metric_chunk_2011_03
        for values from ('2011-03-01 00:00:00+05:45') to ('2011-04-01 00:00:00+05:45')`)
    await log.db.query(`insert into chunk_month (month) values ('2011-03-01')`)
    expect((await look()).map(({ code }) => code)).toEqual(['partition_missing', 'wrong_bounds'])
    await log.db.query(`drop table metric_chunk_2011_03; delete from chunk_month where month = '2011-03-01'`)
  })

  it.each([
    ['disable row level security', 'enable row level security'],
    ['no force row level security', 'force row level security'],
  ])('shows row security that was changed: %s', async (change, undo) => {
    const found = await foundAfter(`alter table ${table} ${change}`, `alter table ${table} ${undo}`)
    expect(found.map(({ code }) => code)).toEqual(['row_security'])
  })

  it.each([
    ['select on metric_chunk_2011_01', 'penstock_metrics_query', 'penstock_metrics_query: SELECT'],
    ['delete on metric_chunk_2011_01', 'public', 'public: DELETE'],
    ['update (value) on metric_chunk_2011_01', 'penstock_partitions', 'penstock_partitions: UPDATE'],
  ])('shows a stray grant: %s to %s', async (grant, role, detail) => {
    const found = await foundAfter(`grant ${grant} to ${role}`, `revoke ${grant} from ${role}`)
    expect(found).toEqual([{ code: 'stray_grant', table, detail }])
  })

  it('shows an index that is missing on one partition, and one that is invalid', async () => {
    const add = 'create index added on only metric_chunk (tenant_id)'
    const missing = await foundAfter(add, 'drop index added')
    expect(missing).toEqual([{ code: 'index_missing', table, detail: 'no index of it belongs to added' }])
    const mark = (valid: boolean) =>
      `update pg_index set indisvalid = ${valid} where indexrelid = 'metric_chunk_2011_01_pkey'::regclass`
    const invalid = await foundAfter(mark(false), mark(true))
    expect(invalid).toEqual([{ code: 'index_invalid', table, detail: 'metric_chunk_2011_01_pkey' }])
  })

  it('shows a default partition', async () => {
    const make = `
      create table metric_chunk_rest partition of metric_chunk default;
      alter table metric_chunk_rest enable row level security, force row level security`
    const found = await foundAfter(make, 'drop table metric_chunk_rest')
    expect(found.map((finding) => `${finding.code} ${finding.table}`)).toEqual(['default_partition metric_chunk_rest'])
  })

  it('shows a table that was left behind, and a detach that was interrupted', async () => {
    const left = await foundAfter(
      `create table metric_chunk_2011_02 (like metric_chunk);
       alter table metric_chunk_2011_02 enable row level security, force row level security`,
      'drop table metric_chunk_2011_02',
    )
    expect(left.map((finding) => `${finding.code} ${finding.table}`)).toEqual(['unattached metric_chunk_2011_02'])
    const mark = (pending: boolean) =>
      `update pg_inherits set inhdetachpending = ${pending} where inhrelid = '${table}'::regclass`
    const pending = await foundAfter(mark(true), mark(false))
    expect(pending.map(({ code }) => code)).toEqual(['detach_pending'])
  })
})
