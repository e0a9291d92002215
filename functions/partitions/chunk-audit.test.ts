import { describe, expect, it } from 'vitest'
import type { PartitionFacts } from './audit-queries.ts'
import { type AuditedChunks, attachedChunks, findingsOfChunks } from './chunk-audit.ts'

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
const audit = (changes: Partial<AuditedChunks>): string[] =>
  findingsOfChunks({
    tables: [november()],
    leaving: new Map([['2026-11-01', false]]),
    required: ['2026-11-01'],
    ...changes,
  }).map(({ code, table }) => `${code} ${table}`)

describe('the audit of chunks', () => {
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

  it('finds what is wrong with a partition itself', () => {
    expect(audit({ tables: [november({ to: '2027-01-01' })] })).toEqual(['wrong_bounds metric_chunk_2026_11'])
    const wrong = { row_security: false, grants: ['somebody: SELECT'], missing_indexes: ['metric_chunk_pkey'] }
    expect(audit({ tables: [november(wrong)] })).toEqual([
      'row_security metric_chunk_2026_11',
      'stray_grant metric_chunk_2026_11',
      'index_missing metric_chunk_2026_11',
    ])
  })

  it('shows attached partitions as live', () => {
    const chunks = { tables: [november(), november(gone)], leaving: new Map([['2026-11-01', false]]), required: [] }
    expect(attachedChunks(chunks)).toEqual([{ table: 'metric_chunk', month: '2026-11-01', state: 'live', rows: null }])
  })
})
