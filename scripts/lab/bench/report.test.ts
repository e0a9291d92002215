import { expect, test } from 'vitest'
import { barTable } from './bars.ts'
import { benchTable } from './report.ts'
import { figureRow, type Row } from './row.ts'

const nothing = figureRow('x', 'points/s', 0)
const batch: Row = {
  ...nothing,
  name: 'ingest.batch-1000.c8',
  rate: 112_345.67,
  p50_ms: 54.321,
  p95_ms: 9.876,
  p99_ms: 123.45,
  peak_rss_mb: 201.5,
  connections: 2,
  limit: 130_000,
  ratio: 0.864,
}
const copy: Row = { ...nothing, name: 'limit.copy', rate: 250_000, connections: 1 }

test('the table shows figures as far as they can be repeated, set to the right, and nothing for what was not measured', () => {
  expect(benchTable([batch, copy])).toBe(
    [
      'name                 |    rate | unit     | p50 ms | p95 ms | p99 ms | errors | peak MB | conns |   limit | ratio',
      '---------------------+---------+----------+--------+--------+--------+--------+---------+-------+---------+------',
      'ingest.batch-1000.c8 | 112,346 | points/s |   54.3 |   9.88 |    123 |      0 |     202 |     2 | 130,000 |  0.86',
      'limit.copy           | 250,000 | points/s |        |        |        |      0 |         |     1 |         |',
    ].join('\n'),
  )
})

test('bars are told of the rows that were measured alone', () => {
  expect(barTable([batch])).toBe(
    [
      'name                 | figure             | measured | bar    |',
      '---------------------+--------------------+----------+--------+------',
      'ingest.batch-1000.c8 | to the bare upsert | 0.86     | ≥ 0.85 | holds',
    ].join('\n'),
  )
  expect(barTable([copy])).toBe('')
})

test('COPY is the bar of batches when it was measured in the same run', () => {
  expect(barTable([batch, copy])).toContain('to bare COPY       | 0.45     | ≥ 0.45 | MISSED')
  expect(barTable([{ ...batch, rate: 112_500 }, copy])).toContain('to bare COPY       | 0.45     | ≥ 0.45 | holds')
})

test.each([
  [299.9, 'holds'],
  [300, 'holds'],
  [300.1, 'MISSED'],
])('a peak of %d MB under batches of 10,000 %s', (peak_rss_mb, verdict) => {
  const row = { ...batch, name: 'ingest.batch-10000.c8', peak_rss_mb }

  expect(barTable([row])).toMatch(new RegExp(`≤ 300 \\| ${verdict}$`))
})
