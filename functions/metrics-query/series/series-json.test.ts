import { toWire } from '@penstock/shared/base/time.ts'
import { describe, expect, it } from 'vitest'
import type { Series } from '../contract.ts'
import { writeSeries } from './series-json.ts'

const ts = '2026-11-20 17:09:01.5+00'
const series = { id: 7, service_name: 'svc', metric_type: 'temp', unit: 'C', labels: {} }

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
