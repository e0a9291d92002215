import { formatTimestamp, type Micros, parseTimestamp } from '@penstock/shared/base/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openZone } from './zone.ts'

const at = (text: string): Micros => parseTimestamp(text) ?? Number.NaN
/** Returns the time that a clock of the zone shows, by another function of Intl than the one under test. */
function clockOf(zone: string, instant: Micros): Micros {
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }).format(
    Math.floor(instant / 1000),
  )
  return at(text) + (((instant % 1_000_000) + 1_000_000) % 1_000_000)
}

describe('a clock time of a zone', () => {
  it.each([
    ['UTC', '2026-03-29T02:30:00', '2026-03-29T02:30:00.000000Z', 'exact'],
    ['Europe/Berlin', '2026-01-01T00:30:00', '2025-12-31T23:30:00.000000Z', 'exact'],
    // Set forward: the hour from 02:00 is never shown, and is taken as if the clock had not been set yet.
    ['America/Denver', '2019-03-10T01:59:59', '2019-03-10T08:59:59.000000Z', 'exact'],
    ['America/Denver', '2019-03-10T02:00:00', '2019-03-10T09:00:00.000000Z', 'never shown'],
    ['America/Denver', '2019-03-10T02:30:00', '2019-03-10T09:30:00.000000Z', 'never shown'],
    ['America/Denver', '2019-03-10T03:00:00', '2019-03-10T09:00:00.000000Z', 'exact'],
    // Set back: the hour from 01:00 is shown twice, and is taken for the first time.
    ['America/Denver', '2019-11-03T00:59:59', '2019-11-03T06:59:59.000000Z', 'exact'],
    ['America/Denver', '2019-11-03T01:00:00', '2019-11-03T07:00:00.000000Z', 'shown twice'],
    ['America/Denver', '2019-11-03T01:59:59', '2019-11-03T07:59:59.000000Z', 'shown twice'],
    ['America/Denver', '2019-11-03T02:00:00', '2019-11-03T09:00:00.000000Z', 'exact'],
    // Half an hour, a quarter past the hour, and a whole day that was left out.
    ['Australia/Lord_Howe', '2026-04-05T01:45:00', '2026-04-04T14:45:00.000000Z', 'shown twice'],
    ['Australia/Lord_Howe', '2026-10-04T02:15:00', '2026-10-03T15:45:00.000000Z', 'never shown'],
    ['Pacific/Chatham', '2026-04-05T03:00:00', '2026-04-04T13:15:00.000000Z', 'shown twice'],
    ['Pacific/Apia', '2011-12-30T12:00:00', '2011-12-30T22:00:00.000000Z', 'never shown'],
  ])('in %s at %s is %s (%s)', (zone, local, instant, certainty) => {
    const found = openZone(zone).instantOf(at(local))
    expect([formatTimestamp(found.at), found.certainty]).toEqual([instant, certainty])
  })

  it('comes back from the instant that shows it: to the same one, or to the first of two', () => {
    const zones = [
      'America/Denver',
      'Europe/London',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'America/Caracas',
      'Asia/Gaza',
    ]
    const opened = new Map(zones.map((zone) => [zone, openZone(zone)]))
    const instant = fc.integer({ min: at('2010-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') })
    fc.assert(
      fc.property(fc.constantFrom(...zones), instant, (zone, us) => {
        const found = opened.get(zone)?.instantOf(clockOf(zone, us))
        expect(found?.certainty).not.toBe('never shown')
        expect(clockOf(zone, found?.at ?? 0)).toBe(clockOf(zone, us))
        if (found?.certainty === 'exact') expect(found.at).toBe(us)
        else expect(found?.at).toBeLessThanOrEqual(us)
      }),
      { numRuns: 2_000 },
    )
  })

  it('needs a zone that there is', () => {
    expect(() => openZone('Europe/Atlantis')).toThrow(RangeError)
  })
})
