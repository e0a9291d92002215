import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { openPointIds } from '@penstock/shared/points/point-id.ts'
import type { SeriesRow } from '@penstock/shared/reading/named-series.ts'
import { tableFromIPC } from '@uwdata/flechette'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnswerType, Metric } from '../contract.ts'
import type { Points } from '../months/points.ts'
import { pointForms } from './point-forms.ts'
import { templateOf } from './point-template.ts'

const NOON = Date.UTC(2026, 10, 20, 12) * 1000
const wide = { rows: 10_000, bytes: 24 * 1024 * 1024 }
const code = openPointIds(Buffer.alloc(16, 1)).codesOf([1]).get(1) ?? ''
const series: SeriesRow = { id: 7, service_name: 'svc', metric_type: 'temp', unit: 'C', labels: {} }
type Row = readonly [series: number, at: number, value: number]

function written(type: AnswerType, rows: readonly Row[], all: readonly SeriesRow[] = [series], limits = wide) {
  const points: Points = {
    series: Int32Array.from(rows, ([id]) => id),
    at: Float64Array.from(rows, ([, at]) => at),
    value: Float64Array.from(rows, ([, , value]) => value),
  }
  const templates = new Map(all.map((row) => [row.id, templateOf(row, code)]))
  return pointForms[type](points, templates, limits)
}

/** Readers of each form, which return the fields of each point in the order of the answer. */
const readers: Readonly<Record<AnswerType, (bytes: Buffer) => readonly unknown[]>> = {
  'application/json': (bytes) =>
    (JSON.parse(String(bytes)) as Metric[]).map((one) => [
      one.service_name,
      one.metric_type,
      one.unit,
      one.metric_metadata,
      one.timestamp,
      one.metric_value,
    ]),
  'application/vnd.penstock.columns+json': (bytes) =>
    (JSON.parse(String(bytes)) as { timestamps: number[]; values: number[]; [name: string]: unknown }[]).flatMap(
      (one) =>
        one.timestamps.map((at, i) => [
          one['service_name'],
          one['metric_type'],
          one['unit'],
          one['metric_metadata'],
          formatTimestamp(at),
          one.values[i],
        ]),
    ),
  'text/csv': (bytes) =>
    (parse(bytes, { from_line: 2, record_delimiter: '\r\n' }) as string[][]).map(
      ([service, type, unit, labels, at, value]) => [
        service,
        type,
        unit,
        labels === '' ? null : JSON.parse(labels ?? ''),
        at,
        Number(value),
      ],
    ),
  'application/vnd.apache.arrow.stream': (bytes) => {
    const table = tableFromIPC(bytes, { useBigInt: true, useDate: false })
    const column = (name: string) => [...(table.getChild(name) ?? [])] as never[]
    const instants = table.getChild('timestamp').data.flatMap((batch) => [...(batch.values as BigInt64Array)])
    return column('service_name').map((service, i) => [
      service,
      column('metric_type')[i],
      column('unit')[i],
      column('metric_metadata')[i] === null ? null : JSON.parse(column('metric_metadata')[i] ?? ''),
      formatTimestamp(Number(instants[i])),
      column('metric_value')[i],
    ])
  },
}
const compact = Object.keys(readers).slice(1) as AnswerType[]

describe.each(compact)('a page as %s', (type) => {
  it('has the points of the JSON page, whatever the names, instants and values are', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 })
    const rows = fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 1, max: 9 }),
        service_name: text,
        metric_type: text,
        unit: fc.oneof(text, fc.constantFrom('', '"', ',', '\n')),
        labels: fc.dictionary(fc.constantFrom('a', 'b', 'ü'), text),
      }),
      { selector: (row) => row.id, minLength: 1, maxLength: 4 },
    )
    const instant = fc.oneof(
      fc.integer({ min: Date.UTC(1700, 0) * 1000, max: Date.UTC(2255, 0) * 1000 }),
      fc.constantFrom(0, 1, -1, 999_999, 1_000_000, NOON, NOON + 1),
    )
    const page = rows.chain((all) =>
      fc.record({
        all: fc.constant(all),
        points: fc.array(
          fc.tuple(
            fc.constantFrom(...all.map(({ id }) => id)),
            instant,
            fc.double({ noNaN: true, noDefaultInfinity: true }),
          ),
          { maxLength: 30 },
        ),
      }),
    )
    fc.assert(
      fc.property(page, ({ all, points }) => {
        const plain = points.map(([id, at, value]): Row => [id, at, value + 0])
        // Columns have all points of one series together, in the order of their first points.
        const order = [...new Set(plain.map(([id]) => id))]
        const sorted = type.endsWith('json') ? order.flatMap((id) => plain.filter(([own]) => own === id)) : plain
        const json = readers['application/json'](written('application/json', sorted, all).bytes)
        expect(readers[type](written(type, plain, all).bytes)).toEqual(json)
      }),
      { numRuns: 200 },
    )
  })

  it('ends where its rows or its bytes end, and always has its first point', () => {
    const many: Row[] = Array.from({ length: 2_000 }, (_, i) => [7, NOON - i, -1.2345678901234568e-150])
    expect(written(type, many).end).toBeUndefined()
    expect(written(type, many, [series], { ...wide, rows: 2_000 }).end).toBe(1_999)

    const cut = written(type, many, [series], { ...wide, bytes: 20_000 })
    expect(cut.bytes.length).toBeLessThanOrEqual(20_000)
    expect(readers[type](cut.bytes)).toHaveLength((cut.end ?? 0) + 1)
    expect(cut.end).toBeGreaterThan(50)
    expect(written(type, many, [series], { ...wide, bytes: 1 }).end).toBe(0)
  })

  it('can be empty, and owns its memory', () => {
    const { bytes, end } = written(type, [])
    expect(readers[type](bytes)).toEqual([])
    expect(end).toBeUndefined()
    ;(bytes.buffer as ArrayBuffer).transfer(0)
    expect(bytes.length).toBe(0)
  })
})

it('an hour of seconds takes at most 90 KB in columns', () => {
  const hour: Row[] = Array.from({ length: 3_600 }, (_, i) => [
    7,
    NOON - i * 1_000_000,
    Math.round(20_000 + 999 * Math.sin(i)) / 1_000,
  ])
  expect(written('application/vnd.penstock.columns+json', hour).bytes.length).toBeLessThan(90_000)
})
