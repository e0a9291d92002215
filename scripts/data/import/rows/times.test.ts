import { formatTimestamp } from '@penstock/shared/base/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTimeReader, slashOrder, type TimeFormat } from './times.ts'
import { openZone } from './zone.ts'

const read = (format: TimeFormat, text: string, zone = 'UTC'): string | undefined => {
  const at = createTimeReader(format, openZone(zone))(text)
  return at === undefined ? undefined : formatTimestamp(at)
}

describe('a time in a file', () => {
  it.each<[TimeFormat, string, string]>([
    ['iso', '2016-07-01 00:15:00-07:00', '2016-07-01T07:15:00.000000Z'],
    ['iso', '2010-12-29 14:15:00+00:00', '2010-12-29T14:15:00.000000Z'],
    ['iso', '2014-02-14T14:30:00Z', '2014-02-14T14:30:00.000000Z'],
    ['iso', '2014-02-14 14:30:00 +05:30', '2014-02-14T09:00:00.000000Z'],
    ['iso', '2014-02-14 14:30:00+0530', '2014-02-14T09:00:00.000000Z'],
    ['iso', '2014-02-14 14:30:00-07', '2014-02-14T21:30:00.000000Z'],
    ['iso', '2014-02-14 14:30:00.1234567', '2014-02-14T14:30:00.123456Z'],
    ['iso', '2014-02-14 14:30:00,5', '2014-02-14T14:30:00.500000Z'],
    ['iso', '2014-02-14 14:30', '2014-02-14T14:30:00.000000Z'],
    ['iso', '2014-02-14', '2014-02-14T00:00:00.000000Z'],
    ['iso', '  2014-02-14 14:30:00 ', '2014-02-14T14:30:00.000000Z'],
    ['iso', '2026-11-02 21:46:23 UTC', '2026-11-02T21:46:23.000000Z'],
    ['iso', '2026-11-02 21:46:23 +0000 UTC', '2026-11-02T21:46:23.000000Z'],
    ['iso', '2026/11/02 00:10', '2026-11-02T00:10:00.000000Z'],
    ['iso', '2026-11-2 9:48:00', '2026-11-02T09:48:00.000000Z'],
    ['iso', '2026.11.02 09:48:00', '2026-11-02T09:48:00.000000Z'],
    ['iso', '2026-11-02 18.30.00', '2026-11-02T18:30:00.000000Z'],
    ['iso', '2026-11-02 6:30 pm', '2026-11-02T18:30:00.000000Z'],
    ['iso', '2026-12-31 24:00', '2027-01-01T00:00:00.000000Z'],
    ['iso', '2026-12-31T24:00:00.000Z', '2027-01-01T00:00:00.000000Z'],
    ['D.M.YYYY', '02.11.2026 00:10:00', '2026-11-02T00:10:00.000000Z'],
    ['D.M.YYYY', '2.11.26 0:10', '2026-11-02T00:10:00.000000Z'],
    ['D.M.YYYY', '31.10.2024 24:00', '2024-11-01T00:00:00.000000Z'],
    ['D Mon YYYY', '02-Nov-2026 00:10', '2026-11-02T00:10:00.000000Z'],
    ['D Mon YYYY', 'Mon, 02 Nov 2026 00:10:00 GMT', '2026-11-02T00:10:00.000000Z'],
    ['D Mon YYYY', '02/Nov/2026:00:10:00 +0100', '2026-11-01T23:10:00.000000Z'],
    ['D Mon YYYY', 'Nov 2, 2026, 12:10 AM', '2026-11-02T00:10:00.000000Z'],
    ['D Mon YYYY', 'November 2, 2026', '2026-11-02T00:00:00.000000Z'],
    ['D Mon YYYY', 'Mon Nov 02 2026 00:10:00 GMT+0100 (Central European Standard Time)', '2026-11-01T23:10:00.000000Z'],
    ['YYYYMMDD', '20261102', '2026-11-02T00:00:00.000000Z'],
    ['YYYYMMDD', '202611020010', '2026-11-02T00:10:00.000000Z'],
    ['YYYYMMDD', '20261102001005', '2026-11-02T00:10:05.000000Z'],
    ['YYYYMMDD', '20261102T001005Z', '2026-11-02T00:10:05.000000Z'],
    ['M/D/YYYY', '2/1/2019 24:00', '2019-02-02T00:00:00.000000Z'],
    ['M/D/YYYY', '2/1/19 0:05', '2019-02-01T00:05:00.000000Z'],
    ['D/M/YYYY', '14/11/2026 18.00.00', '2026-11-14T18:00:00.000000Z'],
    ['D/M/YYYY', '14-11-2026 18:00', '2026-11-14T18:00:00.000000Z'],
    ['unix-us', '1793573183000001', '2026-11-01T22:46:23.000001Z'],
    ['unix-ns', '1793573183000001999', '2026-11-01T22:46:23.000001Z'],
    ['M/D/YYYY', '2/1/2019 0:05', '2019-02-01T00:05:00.000000Z'],
    ['M/D/YYYY', '12/31/2019 23:59:59.25', '2019-12-31T23:59:59.250000Z'],
    ['M/D/YYYY', '2/1/2019', '2019-02-01T00:00:00.000000Z'],
    ['M/D/YYYY', '2/1/2019 12:05 AM', '2019-02-01T00:05:00.000000Z'],
    ['M/D/YYYY', '2/1/2019, 12:05 pm', '2019-02-01T12:05:00.000000Z'],
    ['M/D/YYYY', '2/1/2019 11:05 PM', '2019-02-01T23:05:00.000000Z'],
    ['D/M/YYYY', '2/1/2019 0:05', '2019-01-02T00:05:00.000000Z'],
    ['unix-s', '1577836800', '2020-01-01T00:00:00.000000Z'],
    ['unix-s', '1577836800.1234567', '2020-01-01T00:00:00.123456Z'],
    ['unix-ms', '1577836800123', '2020-01-01T00:00:00.123000Z'],
    ['unix-ms', '1577836800123.4', '2020-01-01T00:00:00.123400Z'],
  ])('is read as %s: %s', (format, text, instant) => expect(read(format, text)).toBe(instant))

  it.each<[TimeFormat, string]>([
    ['iso', ''],
    ['iso', 'yesterday'],
    ['iso', '2/1/2019 0:05'],
    ['iso', '2014-02-30 00:00:00'],
    ['iso', '2014-02-14 24:00:01'],
    ['iso', '2014-02-14 24:15:00'],
    ['iso', '2014-02-14 24:00:00.1'],
    ['iso', '2014-02-14 25:00:00'],
    ['iso', '2014-02/14'],
    ['iso', '2014-02-14 14:30:60'],
    ['iso', '2014-02-14 14:3x:00'],
    ['iso', '2014-02-14 14:30:00 CET'],
    ['M/D/YYYY', '13/1/2019 0:05'],
    ['M/D/YYYY', '2/30/2019 0:05'],
    ['M/D/YYYY', '2/1/2019 24:01'],
    ['M/D/YYYY', '2/1/2019 13:05 PM'],
    ['M/D/YYYY', '2/1/2019 0:05 AM'],
    ['M/D/YYYY', '2-1-19 0:05'],
    ['D.M.YYYY', '31.2.2024'],
    ['D Mon YYYY', '2 Foo 2026'],
    ['YYYYMMDD', '20261301'],
    ['YYYYMMDD', '2026110'],
    ['unix-us', '1793573183000000x'],
    ['unix-ns', '179'],
    ['M/D/YYYY', '2019-02-01'],
    ['D/M/YYYY', '1/13/2019'],
    ['unix-s', '-1'],
    ['unix-s', '1e9'],
    ['unix-ms', '999999999999999'],
  ])('is not read as %s: %s', (format, text) => expect(read(format, text)).toBeUndefined())

  it('without an offset is of the zone, and one that left a choice is told of', () => {
    const doubts: string[] = []
    const reader = createTimeReader('iso', openZone('America/Denver'), (certainty) => doubts.push(certainty))
    const times = ['2019-11-03 00:30:00', '2019-11-03 01:30:00', '2019-11-03 01:30:00-07:00', '2019-03-10 02:30']
    expect(times.map((text) => formatTimestamp(reader(text) ?? 0))).toEqual([
      '2019-11-03T06:30:00.000000Z',
      '2019-11-03T07:30:00.000000Z',
      '2019-11-03T08:30:00.000000Z',
      '2019-03-10T09:30:00.000000Z',
    ])
    expect(doubts).toEqual(['shown twice', 'never shown'])
    expect(read('M/D/YYYY', '7/4/2019 0:00', 'America/Denver')).toBe('2019-07-04T06:00:00.000000Z')
    expect(read('unix-s', '1577836800', 'America/Denver')).toBe('2020-01-01T00:00:00.000000Z')
  })

  it('is the same whatever was read before it', () => {
    const two = (number: number) => String(number).padStart(2, '0')
    const part = fc.integer({ min: 0, max: 61 })
    const ending = fc.constantFrom('', 'Z', '+00:00', '-07:00', '.5', '.25Z', ' ', 'x')
    const text = fc
      .tuple(
        fc.constantFrom('2019-11-03 01:', '2019-11-03 02:', '2019-13-03 01:', '2019-11-03T01:'),
        part,
        part,
        ending,
      )
      .map(([hour, minute, second, behind]) => `${hour}${two(minute)}:${two(second)}${behind}`)
    fc.assert(
      fc.property(fc.array(text, { minLength: 2, maxLength: 20 }), (texts) => {
        const reader = createTimeReader('iso', openZone('America/Denver'))
        const fresh = (one: string) => createTimeReader('iso', openZone('America/Denver'))(one)
        expect(texts.map(reader)).toEqual(texts.map(fresh))
      }),
      { numRuns: 300 },
    )
  })
})

describe('the order of a slashed date', () => {
  it.each([
    ['2/13/2019 0:05', 'M/D/YYYY'],
    ['13/2/2019', 'D/M/YYYY'],
    ['12/12/2019', undefined],
    ['2019-02-13', undefined],
  ])('%s is %s', (text, order) => expect(slashOrder(text)).toBe(order))
})
