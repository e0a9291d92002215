import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { openPointIds, pointId } from '@penstock/shared/points/point-id.ts'
import type { SeriesRow } from '@penstock/shared/reading/named-series.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Metric } from '../contract.ts'
import type { Points } from '../months/points.ts'
import { writePoints } from './point-page.ts'
import { templateOf } from './point-template.ts'

const series: SeriesRow = { id: 7, service_name: 'svc', metric_type: 'temp', unit: 'C', labels: {} }
const pointIds = openPointIds(Buffer.alloc(16, 1))
const codeOf = (id: number): string => pointIds.codesOf([id]).get(id) ?? ''
const wide = { rows: 10_000, bytes: 24 * 1024 * 1024 }
const NOON = Date.UTC(2026, 10, 20, 12) * 1000
type Row = readonly [series: number, at: number, value: number]

const pointsOf = (rows: readonly Row[]): Points => ({
  series: Int32Array.from(rows, ([id]) => id),
  at: Float64Array.from(rows, ([, at]) => at),
  value: Float64Array.from(rows, ([, , value]) => value),
})
const templatesOf = (all: readonly SeriesRow[]) => new Map(all.map((row) => [row.id, templateOf(row, codeOf(row.id))]))

function written(rows: readonly Row[], all: readonly SeriesRow[] = [series], limits = wide) {
  const { bytes, end } = writePoints(pointsOf(rows), templatesOf(all), limits)
  return { text: bytes.toString(), metrics: JSON.parse(bytes.toString()) as Metric[], end, length: bytes.length }
}

const metricOf = (row: SeriesRow, at: number, value: number): Metric => ({
  id: pointId(codeOf(row.id), at),
  service_name: row.service_name,
  metric_type: row.metric_type,
  metric_value: value,
  unit: row.unit,
  timestamp: formatTimestamp(at),
  metric_metadata: Object.keys(row.labels).length === 0 ? null : row.labels,
})

describe('a page of points', () => {
  it('is the JSON of exactly the fields of the contract, in their order', () => {
    const { text } = written([[7, NOON + 500_000, 21.5]])

    expect(text).toBe(JSON.stringify([metricOf(series, NOON + 500_000, 21.5)]))
  })

  it('says of any series and instant what the contract says, whatever points stand beside it', () => {
    const names = fc.string({ unit: 'grapheme' })
    const all = fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        service_name: names,
        metric_type: names,
        unit: names,
        labels: fc.dictionary(fc.constantFrom('a', 'b', 'ü'), names),
      }),
      { selector: (row) => row.id, minLength: 1, maxLength: 4 },
    )
    const instants = fc.oneof(
      fc.integer({ min: Date.UTC(1700, 0) * 1000, max: Date.UTC(2255, 0) * 1000 }),
      // Neighbours: of one minute, second, and 268 s, in which ids share their first digits.
      fc.constantFrom(0, 1, 59_999_999, 60_000_000, 999_999, 2 ** 28 - 1, 2 ** 28).map((micros) => NOON + micros),
    )
    const values = fc.double({ noNaN: true, min: -1e150, max: 1e150 })
    const page = all.chain((rows) =>
      fc.record({
        rows: fc.constant(rows),
        points: fc.array(fc.tuple(fc.constantFrom(...rows), instants, values), { minLength: 1 }),
      }),
    )
    fc.assert(
      fc.property(page, ({ rows, points }) => {
        const { metrics, text } = written(
          points.map(([row, at, value]) => [row.id, at, value]),
          rows,
        )
        const expected = points.map(([row, at, value]) => metricOf(row, at, value + 0))
        expect(metrics).toEqual(JSON.parse(JSON.stringify(expected)))
        expect(text).not.toMatch(/\s$/)
      }),
      { numRuns: 500 },
    )
  })

  it('has its labels in canonical form', () => {
    const labels = JSON.parse('{"b":1e3,"9":null,"10":[1,{"z":1,"a":"ü"}],"__proto__":"x"}')

    expect(written([[7, NOON, 1]], [{ ...series, labels }]).text).toContain(
      '"metric_metadata":{"10":[1,{"a":"ü","z":1}],"9":null,"__proto__":"x","b":1000}}',
    )
  })

  it('is the last when it has fewer points than it may, and none is a page too', () => {
    expect(written([[7, NOON, 1]], [series], { ...wide, rows: 2 }).end).toBeUndefined()
    expect(written([[7, NOON, 1]], [series], { ...wide, rows: 1 }).end).toBe(0)
    expect(written([])).toMatchObject({ text: '[]', end: undefined })
  })

  it('ends before the point that could pass its bytes, and always has its first', () => {
    const three: Row[] = [0, 1, 2].map((i) => [7, NOON + i, -1.2345678901234568e-150])
    const whole = written(three).length
    // Every point is given the 24 bytes of the longest number, and a comma.
    const needed = whole + 1

    expect(written(three, [series], { ...wide, bytes: needed })).toMatchObject({ length: whole, end: undefined })
    expect(written(three, [series], { ...wide, bytes: needed - 1 })).toMatchObject({ end: 1 })
    expect(written(three, [series], { ...wide, bytes: needed - 1 }).metrics).toHaveLength(2)
    expect(written(three, [series], { ...wide, bytes: 1 })).toMatchObject({ end: 0 })
    expect(written(three, [series], { ...wide, bytes: 1 }).metrics).toHaveLength(1)
  })

  it('is refused when the series of a point is not described', () => {
    expect(() => written([[8, NOON, 1]])).toThrow('series 8 has points but no row')
  })
})
