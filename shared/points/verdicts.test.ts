import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatTimestamp, HOUR } from '../base/time.ts'
import { judgeEntries } from './verdicts.ts'

const now = Date.UTC(2026, 10, 20, 12) * 1000
const tenant = { id: 1, name: 't', seriesLimit: 10, ignoredLabels: ['request_id'] }
const limits = { earliestYear: 2010, maxAheadHours: 24 }
const metric = (more: object = {}) => ({
  service_name: 's',
  metric_type: 't',
  metric_value: 1,
  unit: 'C',
  timestamp: formatTimestamp(now),
  ...more,
})
const judge = (...entries: unknown[]) => judgeEntries(entries, tenant, limits, now)
const accepted = (more: object) => judge(metric(more)).points[0]
const refused = (more: object) => judge(metric(more)).rejections[0]

describe('a verdict', () => {
  it('takes a point with all its parts', () => {
    expect(accepted({ metric_metadata: { b: 1, a: 'x' } })).toEqual({
      index: 0,
      service: 's',
      type: 't',
      unit: 'C',
      labels: '{"a":"x","b":1}',
      at: now,
      value: 1,
    })
  })

  it('refuses the names of services that the product itself writes', () => {
    expect(refused({ service_name: 'penstock.carbon' })).toMatchObject({
      code: 'invalid',
      detail: 'service_name must not begin with penstock., which is reserved',
    })
    expect(accepted({ service_name: 'penstock' })).toBeDefined()
  })

  it.each([
    ['service_name', 100],
    ['metric_type', 50],
    ['unit', 20],
  ])('limits %s to %d characters, counted as code points', (field, limit) => {
    expect(accepted({ [field]: '😀'.repeat(limit - 1) })).toBeDefined()
    expect(accepted({ [field]: '😀'.repeat(limit) })).toBeDefined()
    expect(refused({ [field]: '😀'.repeat(limit + 1) })?.detail).toBe(`${field} must have at most ${limit} characters`)
  })

  it('limits the value to 1e150 either way, and turns -0 into 0', () => {
    for (const value of [1e150, -1e150, 5e-324, 0]) expect(accepted({ metric_value: value })?.value).toBe(value)
    expect(Object.is(accepted({ metric_value: -0 })?.value, 0)).toBe(true)
    for (const value of [1.0000000000000002e150, -1.1e150, Number.NaN, Number.POSITIVE_INFINITY, '1', null]) {
      expect(refused({ metric_value: value })?.errors[0]?.pointer).toBe('/metric_value')
    }
  })

  it('refuses what is more than a day ahead, and what is before 2010', () => {
    expect(accepted({ timestamp: formatTimestamp(now + 24 * HOUR) })).toBeDefined()
    expect(refused({ timestamp: formatTimestamp(now + 24 * HOUR + 1) })?.code).toBe('too_far_ahead')
    expect(accepted({ timestamp: '2010-01-01T00:00:00Z' })).toBeDefined()
    expect(refused({ timestamp: '2009-12-31T23:59:59.999999Z' })?.code).toBe('too_old')
  })

  it('cuts off what is finer than a microsecond before month and key are computed', () => {
    expect(accepted({ timestamp: '2026-10-31T23:59:59.9999999Z' })?.at).toBe(Date.UTC(2026, 10, 1) * 1000 - 1)
  })

  it('leaves entries without a timestamp to who stores them', () => {
    const { points } = judge(metric({ timestamp: undefined }), metric({ timestamp: null }))
    expect(points.map((point) => point.at)).toEqual([null, null])
  })

  it('takes no labels, {} and null for one and the same', () => {
    const { points } = judge(metric(), metric({ metric_metadata: {} }), metric({ metric_metadata: null }))
    expect(points.map((point) => point.labels)).toEqual(['{}', '{}', '{}'])
  })

  it('keeps the labels that the tenant ignores out of identity, and holds them to the rules all the same', () => {
    expect(accepted({ metric_metadata: { host: 'a', request_id: '42' } })?.labels).toBe('{"host":"a"}')
    expect(refused({ metric_metadata: { request_id: '\0' } })?.detail).toContain('NUL')
  })

  it('limits labels to five levels and 4 KiB', () => {
    expect(accepted({ metric_metadata: { a: { b: { c: { d: [1] } } } } })).toBeDefined()
    expect(refused({ metric_metadata: { a: { b: { c: { d: [[1]] } } } } })?.detail).toContain('5 levels')
    const framing = '{"a":""}'.length
    for (const size of [4095, 4096])
      expect(accepted({ metric_metadata: { a: 'x'.repeat(size - framing) } })).toBeDefined()
    expect(refused({ metric_metadata: { a: 'x'.repeat(4097 - framing) } })?.detail).toContain('4096 bytes, not 4097')
    expect(refused({ metric_metadata: { a: 'ü'.repeat((4098 - framing) / 2) } })?.detail).toContain('4096 bytes')
  })

  it('refuses numbers in labels that do not survive the canonical form', () => {
    expect(accepted({ metric_metadata: { n: Number.MAX_SAFE_INTEGER } })?.labels).toBe('{"n":9007199254740991}')
    expect(refused({ metric_metadata: { n: 2 ** 53 } })?.detail).toContain('beyond 2^53')
  })

  it('takes prototype names for labels like any other', () => {
    const labels = JSON.parse('{"__proto__":"x","constructor":"y"}')
    expect(accepted({ metric_metadata: labels })?.labels).toBe('{"__proto__":"x","constructor":"y"}')
  })

  it.each([null, 'x', 5, [], [[[]]], undefined])('refuses %j as an entry', (entry) => {
    expect(judge(entry).rejections).toHaveLength(1)
  })

  it('gives each entry its own verdict, in order', () => {
    const { points, rejections } = judge(metric(), 'x', metric({ metric_value: 2 }), metric({ unit: 5 }))
    expect(points.map((point) => point.index)).toEqual([0, 2])
    expect(rejections.map((rejection) => rejection.index)).toEqual([1, 3])
  })

  it('shares the reason of entries that are refused for the same one, however many they are', () => {
    const others = Array.from({ length: 1_500 }, (_, i) => metric({ metric_metadata: { n: 2 ** 60 + i * 2 ** 20 } }))
    const { rejections } = judge({}, { metric_value: 1 }, {}, ...others, {})
    const [first, other, same] = rejections
    expect(same?.errors).toBe(first?.errors)
    expect(other?.errors).not.toEqual(first?.errors)
    expect(rejections.at(-1)).toEqual({ ...first, index: rejections.length - 1 })
  })

  it('never throws, whatever JSON it is given', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.jsonValue(), fc.record({ service_name: fc.jsonValue(), metric_metadata: fc.jsonValue() })),
        ),
        (entries) => {
          const { points, rejections } = judge(...entries)
          expect(points.length + rejections.length).toBe(entries.length)
        },
      ),
    )
  })

  it('has one identity for labels whatever the order of their keys', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 5 }), fc.constantFrom('a', 1, null, true), { maxKeys: 6 }),
        (labels) => {
          const reversed = Object.fromEntries(Object.entries(labels).reverse())
          expect(accepted({ metric_metadata: labels })?.labels).toBe(accepted({ metric_metadata: reversed })?.labels)
        },
      ),
    )
  })
})
