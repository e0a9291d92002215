import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addMonths,
  DAY,
  formatTimestamp,
  fromPostgres,
  HOUR,
  MINUTE,
  type Micros,
  monthOf,
  monthStart,
  parseTimestamp,
  SECOND,
} from './time.ts'

/** The range in which a number holds every microsecond. */
const instants = fc.integer({ min: monthStart('1700-01-01'), max: monthStart('2255-01-01') })
const months = fc
  .tuple(fc.integer({ min: 1700, max: 2250 }), fc.integer({ min: 1, max: 12 }))
  .map(([year, month]) => `${year}-${String(month).padStart(2, '0')}-01`)
const shifts = fc.integer({ min: -600, max: 600 })

/** By the rule of the calendar, without a Date. */
function daysOf(month: string): number | undefined {
  const [year, index] = month.split('-').map(Number) as [number, number]
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][index - 1]
}

describe('months', () => {
  it('hold every instant between their first one and the next month’s', () => {
    fc.assert(
      fc.property(instants, (us) => {
        const month = monthOf(us)
        expect(monthStart(month)).toBeLessThanOrEqual(us)
        expect(us).toBeLessThan(monthStart(addMonths(month, 1)))
      }),
    )
  })

  it('begin at the microsecond, in UTC', () => {
    fc.assert(
      fc.property(months, (month) => {
        expect(monthOf(monthStart(month))).toBe(month)
        expect(monthOf(monthStart(month) - 1)).toBe(addMonths(month, -1))
      }),
    )
  })

  it('have the days of the Gregorian calendar', () => {
    fc.assert(
      fc.property(months, (month) => {
        expect((monthStart(addMonths(month, 1)) - monthStart(month)) / DAY).toBe(daysOf(month))
      }),
    )
  })

  it('are added and taken away without loss, in steps or at once', () => {
    fc.assert(
      fc.property(months, shifts, shifts, (month, a, b) => {
        expect(addMonths(addMonths(month, a), b)).toBe(addMonths(month, a + b))
        expect(addMonths(addMonths(month, a), -a)).toBe(month)
      }),
    )
  })

  it('sort as text in the order of time', () => {
    fc.assert(
      fc.property(months, fc.integer({ min: 1, max: 600 }), (month, count) => {
        expect(addMonths(month, count) > month).toBe(true)
        expect(monthStart(addMonths(month, count))).toBeGreaterThan(monthStart(month))
      }),
    )
  })

  it.each([
    ['2026-12-31T23:59:59.999999Z', '2026-12-01', '2027-01-01'],
    ['2027-01-01T00:00:00.000000Z', '2027-01-01', '2027-02-01'],
    ['2028-02-29T23:59:59.999999Z', '2028-02-01', '2028-03-01'],
    ['2028-03-01T00:00:00.000000Z', '2028-03-01', '2028-04-01'],
    ['2027-02-28T23:59:59.999999Z', '2027-02-01', '2027-03-01'],
    ['2100-02-28T23:59:59.999999Z', '2100-02-01', '2100-03-01'],
    ['2000-02-29T12:00:00.000000Z', '2000-02-01', '2000-03-01'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-01', '1970-01-01'],
  ])('%s is in %s, before %s', (timestamp, month, next) => {
    const us = parseTimestamp(timestamp) as Micros
    expect(monthOf(us)).toBe(month)
    expect(addMonths(month, 1)).toBe(next)
  })

  it('are counted across years', () => {
    expect(addMonths('2026-11-01', 3)).toBe('2027-02-01')
    expect(addMonths('2026-01-01', -1)).toBe('2025-12-01')
    expect(addMonths('2024-02-01', 12)).toBe('2025-02-01')
    expect(addMonths('2026-11-01', 0)).toBe('2026-11-01')
  })
})

describe('timestamps', () => {
  it('survive being written and read, to the microsecond', () => {
    fc.assert(
      fc.property(instants, (us) => {
        expect(parseTimestamp(formatTimestamp(us))).toBe(us)
      }),
    )
  })

  it('mean what Date makes of them, in every year and with every offset', () => {
    const dates = fc.date({
      min: new Date('0000-01-02T00:00:00Z'),
      max: new Date('9999-12-30T23:59:59Z'),
      noInvalidDate: true,
    })
    const offsets = fc.tuple(
      fc.constantFrom('+', '-'),
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
    )
    fc.assert(
      fc.property(dates, offsets, fc.boolean(), (date, [sign, hours, minutes], isSplit) => {
        const naive = date.toISOString().slice(0, -1)
        const offset = `${sign}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
        const sent = `${naive}${isSplit ? offset : offset.replace(':', '')}`
        // Date's own form has the colon, and years of four digits.
        expect(parseTimestamp(sent)).toBe(Date.parse(`${naive}${offset}`) * 1000)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['2026-11-20T17:09:01', 0],
    ['2026-11-20T17:09:01.5', 500_000],
    ['2026-11-20T17:09:01.000001+00:00', 1],
    ['2026-11-20T17:09:01.1234567890123456789Z', 123_456],
  ])('of %s have %d microseconds', (sent, fraction) => {
    expect(parseTimestamp(sent)).toBe(Date.UTC(2026, 10, 20, 17, 9, 1) * 1000 + fraction)
  })

  it('are written with six digits and Z', () => {
    expect(formatTimestamp(0)).toBe('1970-01-01T00:00:00.000000Z')
    expect(formatTimestamp(-1)).toBe('1969-12-31T23:59:59.999999Z')
    expect(formatTimestamp(DAY + HOUR + MINUTE + SECOND + 1)).toBe('1970-01-02T01:01:01.000001Z')
  })

  it('are read with an offset, with Z, or naive as UTC', () => {
    const instant = parseTimestamp('2026-11-20T17:09:01.123456Z')
    expect(instant).toBe(Date.UTC(2026, 10, 20, 17, 9, 1) * 1000 + 123_456)
    for (const same of [
      '2026-11-20T17:09:01.123456',
      '2026-11-20 17:09:01.123456z',
      '2026-11-20T18:39:01.123456+01:30',
      '2026-11-20T12:09:01.123456-0500',
      '2026-11-20T17:09:01.1234569Z',
    ]) {
      expect([same, parseTimestamp(same)]).toEqual([same, instant])
    }
  })

  it.each([
    '2026-02-29T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-12-31T23:59:60Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00+00:60',
    '2026-01-01',
    '26-01-01T00:00:00Z',
    '2026-01-01T00:00:00.Z',
    'yesterday',
    '',
  ])('%s is none', (text) => {
    expect(parseTimestamp(text)).toBeUndefined()
  })

  it('of PostgreSQL are read with as many digits as it prints', () => {
    const second = Date.UTC(2026, 10, 20, 17, 9, 1) * 1000
    expect(fromPostgres('2026-11-20 17:09:01+00')).toBe(second)
    expect(fromPostgres('2026-11-20 17:09:01.5+00')).toBe(second + 500_000)
    expect(fromPostgres('2026-11-20 17:09:01.000001+00')).toBe(second + 1)
    expect(fromPostgres('1969-12-31 23:59:59.999999+00')).toBe(-1)
  })

  it('of PostgreSQL come back from the wire form', () => {
    fc.assert(
      fc.property(instants, (us) => {
        const printed = formatTimestamp(us)
          .replace('T', ' ')
          .replace(/(\.?0*)Z$/, '+00')
        expect(fromPostgres(printed)).toBe(us)
      }),
    )
  })

  it.each(['infinity', '-infinity', '10000-01-01 00:00:00+00', '0044-03-15 00:00:00+00 BC'])(
    '%s has no microseconds',
    (text) => {
      expect(fromPostgres(text)).toBeNaN()
    },
  )
})
