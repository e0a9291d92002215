import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Metric, plainMetric } from './metric.ts'

const metric = {
  service_name: 'boiler',
  metric_type: 'temperature',
  metric_value: 71.5,
  unit: 'Cel',
  timestamp: '2026-11-20T17:09:01.123456Z',
  metric_metadata: { room: '2' },
}

/** Values on both sides of every rule, and whatever else JSON can say. */
const odd = fc.oneof(fc.constantFrom(undefined, null, '', '\0', '\ud800', [], {}, true, Number.NaN), fc.jsonValue())
const ofLength = (limit: number) =>
  fc.oneof(
    fc.constantFrom(limit - 1, limit, limit + 1).map((length) => 'x'.repeat(length)),
    fc.constantFrom(limit, limit + 1).map((length) => '😀'.repeat(length)),
    fc.string({ unit: 'binary' }),
  )
const field = {
  service_name: ofLength(100),
  metric_type: ofLength(50),
  metric_value: fc.oneof(fc.double(), fc.constantFrom(1e150, -1e150, 1.0000000000000002e150, -1.1e150, -0)),
  unit: ofLength(20),
  timestamp: fc.constantFrom(
    '2026-11-20T17:09:01Z',
    '2026-11-20t17:09',
    '2026-02-29T00:00:00Z',
    '1999-01-01 00:00:00+05',
    '',
  ),
  metric_metadata: fc.dictionary(fc.string(), fc.jsonValue()),
}
const entries = fc.oneof(
  fc.record(field, { requiredKeys: [] }),
  // Right but for one field at most, so that no rule hides behind another.
  fc
    .constantFrom(...(Object.keys(field) as (keyof typeof field)[]))
    .chain((name) => fc.oneof(field[name], odd).map((value) => ({ ...metric, [name]: value }))),
  odd,
)

describe('a plain metric', () => {
  it('is what the schema makes of it, whatever is sent; and what the schema refuses is none', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const plain = plainMetric(entry)
        if (plain) expect(Metric.parse(entry)).toEqual(plain)
      }),
      { numRuns: 5_000 },
    )
  })

  it('is every ordinary one', () => {
    const { timestamp: _, metric_metadata: __, ...bare } = metric
    for (const entry of [metric, bare, { ...metric, timestamp: null, metric_metadata: null }, { ...metric, more: 1 }]) {
      expect(plainMetric(entry)).toEqual(Metric.parse(entry))
    }
    expect(plainMetric({ ...metric, unit: '', service_name: 'x'.repeat(100) })).toBeDefined()
  })
})
