import { describe, expect, it } from 'vitest'
import { monthOfTable, monthTable } from './month-table.ts'

describe('a month’s table', () => {
  it('has the month in its name, and bounds that name instants in every zone', () => {
    expect(monthTable('metric_point', '2026-12-01')).toEqual({
      name: 'metric_point_2026_12',
      by: 'ts',
      from: '2026-12-01 00:00:00+00',
      to: '2027-01-01 00:00:00+00',
    })
  })

  it('is partitioned by the hour where it holds roll-ups', () => {
    expect(monthTable('metric_rollup', '2026-12-01')).toMatchObject({ name: 'metric_rollup_2026_12', by: 'bucket' })
  })

  it('gives its month back by its name, and nothing else does', () => {
    expect(monthOfTable('metric_point', monthTable('metric_point', '2028-02-01').name)).toBe('2028-02-01')
    for (const name of ['metric_point', 'metric_point_2026_1', 'metric_point_2026_11_old', 'metric_rollup_2026_11']) {
      expect([name, monthOfTable('metric_point', name)]).toEqual([name, undefined])
    }
  })
})
