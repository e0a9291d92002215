import { pointId } from '@penstock/shared/point-id.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Metric, Series } from './contract.ts'
import { metricWriter, toWire, writeSeries } from './json.ts'

const ts = '2026-11-20 17:09:01.5+00'
const series = { id: 7, service_name: 'svc', metric_type: 'temp', unit: 'C', labels: {} }

describe('a point', () => {
  it('is written with exactly the fields of the contract', () => {
    const metric: Metric = {
      id: pointId(7, 1_795_194_541_500_000),
      service_name: 'svc',
      metric_type: 'temp',
      metric_value: 21.5,
      unit: 'C',
      timestamp: '2026-11-20T17:09:01.500000Z',
      metric_metadata: null,
    }
    const { text } = metricWriter([series])({ series_id: 7, ts, value: 21.5 })
    expect(JSON.parse(text)).toEqual(metric)
    expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(metric))
  })

  it('comes back through JSON as it was, and knows its bytes', () => {
    const names = fc.string({ unit: 'grapheme' })
    const value = fc.double({ noNaN: true, min: -1e150, max: 1e150 })
    fc.assert(
      fc.property(
        names,
        names,
        names,
        fc.dictionary(names, names),
        value,
        (service_name, metric_type, unit, labels, value) => {
          const write = metricWriter([{ id: 7, service_name, metric_type, unit, labels }])
          const { text, bytes } = write({ series_id: 7, ts, value })
          expect(bytes).toBe(Buffer.byteLength(text))
          const metric = JSON.parse(text) as Metric
          expect([metric.service_name, metric.metric_type, metric.unit]).toEqual([service_name, metric_type, unit])
          expect(metric.metric_value).toBe(value + 0)
          expect(metric.metric_metadata).toEqual(
            Object.keys(labels).length === 0 ? null : JSON.parse(JSON.stringify(labels)),
          )
        },
      ),
    )
  })

  it('has its labels in canonical form', () => {
    const labels = JSON.parse('{"b":1e3,"9":null,"10":[1,{"z":1,"a":"ü"}],"__proto__":"x"}')
    const { text } = metricWriter([{ ...series, labels }])({ series_id: 7, ts, value: 1 })
    expect(text).toContain('"metric_metadata":{"10":[1,{"a":"ü","z":1}],"9":null,"__proto__":"x","b":1000}}')
  })
})

describe('a series', () => {
  it('is written with exactly the fields of the contract', () => {
    const { text, bytes } = writeSeries({
      ...series,
      labels: { room: 'büro' },
      first_ts: '2026-01-01 00:00:00+00',
      last_ts: ts,
    })
    const expected: Series = {
      service_name: 'svc',
      metric_type: 'temp',
      unit: 'C',
      metric_metadata: { room: 'büro' },
      first_timestamp: '2026-01-01T00:00:00.000000Z',
      last_timestamp: '2026-11-20T17:09:01.500000Z',
    }
    expect(text).toBe(JSON.stringify(expected))
    expect(bytes).toBe(Buffer.byteLength(text))
  })

  it('without labels and points says null', () => {
    const { text } = writeSeries({ ...series, first_ts: null, last_ts: null })
    expect(JSON.parse(text)).toMatchObject({ metric_metadata: null, first_timestamp: null, last_timestamp: null })
  })
})

describe('an instant of PostgreSQL', () => {
  it.each([
    ['2026-11-20 17:09:01+00', '2026-11-20T17:09:01.000000Z'],
    ['2026-11-20 17:09:01.5+00', '2026-11-20T17:09:01.500000Z'],
    ['2026-11-20 17:09:01.000001+00', '2026-11-20T17:09:01.000001Z'],
    ['2026-11-20 17:09:01.123456+00', '2026-11-20T17:09:01.123456Z'],
  ])('%s goes out as %s', (text, wire) => {
    expect(toWire(text)).toBe(wire)
  })
})
