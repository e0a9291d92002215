import { parseTimestamp } from '@penstock/shared/base/time.ts'
import { validateQuery } from '@penstock/shared/http/validation.ts'
import { describe, expect, it } from 'vitest'
import { AggregateQuery, RangeQuery, SeriesQuery } from './contract.ts'

const range = { start_time: '2026-11-20T00:00:00Z', end_time: '2026-11-21T00:00:00Z' }
const sums = { ...range, service_name: 'svc', metric_type: 'temp', interval: 'hour' }

const read = (query: Record<string, string>) => validateQuery(RangeQuery, Object.entries(query))
const readSums = (query: Record<string, string>) => validateQuery(AggregateQuery, Object.entries(query))
const readSeries = (query: Record<string, string>) => validateQuery(SeriesQuery, Object.entries(query))

/** The pointers of what is refused; empty when nothing is. */
function refused(parse: () => unknown): string[] {
  try {
    parse()
    return []
  } catch (error) {
    return ((error as { errors?: { pointer: string }[] }).errors ?? []).map(({ pointer }) => pointer)
  }
}

describe('the ends of a range', () => {
  it.each([
    ['9999-12-31T00:00:00Z', '9998-01-01T00:00:00Z'],
    ['2256-01-02T00:00:00Z', '2256-01-01T00:00:00Z'],
    ['1600-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['2026-11-20T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['9999-01-01T00:00:00Z', '2026-11-20T00:00:00Z'],
  ])('are refused in the wrong order, also where no point can be: %s before %s', (start_time, end_time) => {
    expect(refused(() => read({ start_time, end_time }))).toEqual(['?end_time'])
    expect(refused(() => readSums({ ...sums, start_time, end_time }))).toEqual(['?end_time'])
    expect(refused(() => read({ start_time: end_time, end_time: start_time }))).toEqual([])
    expect(refused(() => readSums({ ...sums, start_time: end_time, end_time: start_time }))).toEqual([])
    const { start_time: from, end_time: to } = read({ start_time: end_time, end_time: start_time })
    expect([Number.isSafeInteger(from), Number.isSafeInteger(to)]).toEqual([true, true])
  })
})

describe('a range query', () => {
  it('needs its two ends alone', () => {
    expect(read(range)).toEqual({
      service_name: undefined,
      metric_type: undefined,
      unit: undefined,
      labels: [],
      start_time: parseTimestamp('2026-11-20T00:00:00Z'),
      end_time: parseTimestamp('2026-11-21T00:00:00Z'),
      limit: 1000,
      offset: 0,
      cursor: undefined,
    })
    expect(refused(() => read({}))).toEqual(['?start_time', '?end_time'])
  })

  it.each([
    ['limit', '0', false],
    ['limit', '1', true],
    ['limit', '10000', true],
    ['limit', '10001', false],
    ['limit', '-1', false],
    ['limit', '1.5', false],
    ['limit', 'x', false],
    ['limit', '', false],
    ['offset', '-1', false],
    ['offset', '0', true],
    ['offset', '100000', true],
    ['offset', '100001', false],
    ['service_name', '', false],
    ['service_name', 'ü'.repeat(200), true],
    ['service_name', '🙂'.repeat(200), true],
    ['service_name', 'ü'.repeat(201), false],
    ['service_name', 'a\0b', false],
    ['service_name', '\ud800', false],
    ['metric_type', 'x'.repeat(200), true],
    ['metric_type', 'x'.repeat(201), false],
    ['unit', '', true],
    ['unit', 'x'.repeat(200), true],
    ['unit', 'x'.repeat(201), false],
    ['unit', 'a\0', false],
    ['cursor', '', false],
    ['start_time', 'nonsense', false],
    ['start_time', '2026-11-20', false],
    ['end_time', '2026-11-31T00:00:00Z', false],
    ['labels.host', '', true],
    ['labels.host', 'x'.repeat(4096), true],
    ['labels.host', 'x'.repeat(4097), false],
    ['labels.host', 'a\0', false],
    [`labels.${'x'.repeat(4096)}`, 'v', true],
    [`labels.${'x'.repeat(4097)}`, 'v', false],
    ['labels.a\0', 'v', false],
    ['fields_that_nobody_knows', 'x', true],
  ])('with %s=%s is taken: %s', (name, value, isTaken) => {
    expect(refused(() => read({ ...range, [name]: value }))).toEqual(isTaken ? [] : [`?${name}`])
  })

  it('takes an instant as a range and refuses one that runs backwards', () => {
    expect(refused(() => read({ ...range, end_time: range.start_time }))).toEqual([])
    expect(refused(() => read({ ...range, end_time: '2026-11-19T23:59:59.999999Z' }))).toEqual(['?end_time'])
  })

  it('understands naive times, offsets, and a plus that arrived as a space', () => {
    const at = parseTimestamp('2026-11-20T12:00:00.5Z')
    const forms = [
      '2026-11-20T12:00:00.5',
      '2026-11-20T17:30:00.5+05:30',
      '2026-11-20T17:30:00.5 05:30',
      '2026-11-20 12:00:00.5000009Z',
    ]
    for (const start_time of forms) expect(read({ ...range, start_time }).start_time).toBe(at)
  })

  it('cuts times to what a number holds exactly', () => {
    const { start_time, end_time } = read({
      start_time: '0000-01-01T00:00:00+14:00',
      end_time: '9999-12-31T23:59:59-14:00',
    })
    expect([start_time, end_time]).toEqual([-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER])
  })

  it('refuses an offset beside a cursor, and takes the offset that is none', () => {
    expect(refused(() => read({ ...range, cursor: 'c', offset: '1' }))).toEqual(['?offset'])
    expect(refused(() => read({ ...range, cursor: 'c', offset: '0' }))).toEqual([])
  })

  it('keeps label filters by name, whatever they are called', () => {
    const query = JSON.parse(
      `{"labels.b":"2","labels.a.b":"1","labels.":"0","labels.__proto__":"p","labels.constructor":"c","label":"x"}`,
    )
    const expected = [
      ['', '0'],
      ['__proto__', 'p'],
      ['a.b', '1'],
      ['b', '2'],
      ['constructor', 'c'],
    ]
    expect(read({ ...range, ...query }).labels).toEqual(expected)
  })

  it('takes 20 label filters and refuses 21', () => {
    const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`labels.l${i}`, 'x']))
    expect(read({ ...range, ...labels(20) }).labels).toHaveLength(20)
    expect(refused(() => read({ ...range, ...labels(21) }))).toEqual(['?labels.l20'])
  })

  it('is not misled by parameters that are called like a prototype', () => {
    expect(read({ ...range, ...JSON.parse('{"__proto__":"x","constructor":"y","toString":"z"}') })).toEqual(read(range))
  })
})

describe('an aggregate query', () => {
  it('needs names, range and interval', () => {
    expect(refused(() => readSums({}))).toEqual([
      '?service_name',
      '?metric_type',
      '?start_time',
      '?end_time',
      '?interval',
    ])
  })

  it('keeps the ends as they were sent', () => {
    const sent = { start_time: '2026-11-20T05:30:00+05:30', end_time: '2026-11-21T00:00:00' }
    const { start_time, end_time } = readSums({ ...sums, ...sent })
    expect(start_time).toEqual({ sent: sent.start_time, at: parseTimestamp('2026-11-20T00:00:00Z') })
    expect(end_time).toEqual({ sent: sent.end_time, at: parseTimestamp('2026-11-21T00:00:00Z') })
  })

  it.each([
    ['interval', 'minute', true],
    ['interval', '5m', true],
    ['interval', '15m', true],
    ['interval', 'hour', true],
    ['interval', 'day', true],
    ['interval', 'week', true],
    ['interval', 'month', true],
    ['interval', 'fortnight', false],
    ['interval', 'toString', false],
    ['group_by', 'host', true],
    ['group_by', '__proto__', true],
    ['group_by', '', true],
    ['group_by', 'x'.repeat(4097), false],
    ['percentiles', '50', true],
    ['percentiles', '0,100,99.9', true],
    ['percentiles', '101', false],
    ['percentiles', '100.1', false],
    ['percentiles', '-1', false],
    ['percentiles', '50,x', false],
    ['percentiles', '50,', false],
    ['percentiles', '', false],
    ['percentiles', '1,2,3,4,5,6,7,8,9,10', true],
    ['percentiles', '1,2,3,4,5,6,7,8,9,10,11', false],
    ['start_time', 'nonsense', false],
    ['end_time', '2026-11-19T00:00:00Z', false],
    ['unit', 'C', true],
  ])('with %s=%s is taken: %s', (name, value, isTaken) => {
    expect(refused(() => readSums({ ...sums, [name]: value }))).toEqual(isTaken ? [] : [`?${name}`])
  })

  it('keeps percentiles as they were sent, each once', () => {
    expect(readSums({ ...sums, percentiles: '99.90,50,99.9,50' }).percentiles).toEqual(['99.90', '50', '99.9'])
  })
})

describe('a query for series', () => {
  it('needs nothing', () => {
    expect(readSeries({})).toMatchObject({ limit: 1000, labels: [], cursor: undefined })
  })

  it.each([
    ['limit', '0', false],
    ['limit', '10000', true],
    ['limit', '10001', false],
    ['service_name', 'x'.repeat(201), false],
    ['labels.host', 'h', true],
  ])('with %s=%s is taken: %s', (name, value, isTaken) => {
    expect(refused(() => readSeries({ [name]: value }))).toEqual(isTaken ? [] : [`?${name}`])
  })
})
