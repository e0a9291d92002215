import { HOUR, type Micros, parseTimestamp } from '@penstock/shared/base/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cutting, cutSpans, type Span, type Spans, sourceOf } from './spans.ts'

const us = (text: string): Micros => parseTimestamp(text) as number
const BEGIN = us('2026-01-30T00:00:00Z')
const cut = (changes: Partial<Cutting>): Spans =>
  cutSpans({
    from: us('2026-02-01T10:30:00Z'),
    to: us('2026-02-01T15:30:00Z'),
    byHours: true,
    watermark: us('2026-02-01T13:00:00Z'),
    awayMonths: [],
    ...changes,
  })
const span = (from: string, to: string): Span => ({ from: us(`2026-02-${from}Z`), to: us(`2026-02-${to}Z`) - 1 })
/** Months whose points are archived and whose roll-ups are not. */
const away = (...months: readonly string[]) => months.map((month) => ({ month, hasRollups: true }))
const all = ({ rollups, awayRollups, points, away }: Spans) => [...rollups, ...awayRollups, ...points, ...away]

describe('a range', () => {
  it('is roll-ups where whole hours are below the watermark, and points at both ends', () => {
    expect(cut({})).toEqual({
      rollups: [span('01T11:00:00', '01T13:00:00')],
      awayRollups: [],
      points: [
        span('01T10:30:00', '01T11:00:00'),
        { from: us('2026-02-01T13:00:00Z'), to: us('2026-02-01T15:30:00Z') },
      ],
      away: [],
    })
  })

  it('has an hour whose last instant is in it whole, and one without it not', () => {
    const watermark = Number.MAX_SAFE_INTEGER
    const whole = { from: us('2026-02-01T10:00:00Z'), to: us('2026-02-01T11:00:00Z') - 1, watermark }
    expect(cut(whole)).toMatchObject({ rollups: [span('01T10:00:00', '01T11:00:00')], points: [] })
    expect(cut({ ...whole, to: whole.to - 1 })).toMatchObject({ rollups: [], points: [{ from: whole.from }] })
    expect(cut({ ...whole, from: whole.from + 1 }).rollups).toEqual([])
  })

  it('is points alone above the watermark, before the first run, and where hours are too wide', () => {
    const points = [{ from: us('2026-02-01T10:30:00Z'), to: us('2026-02-01T15:30:00Z') }]
    const none = { rollups: [], awayRollups: [], points, away: [] }
    expect(cut({ watermark: us('2026-02-01T11:00:00Z') })).toEqual(none)
    expect(cut({ watermark: Number.NEGATIVE_INFINITY })).toEqual(none)
    expect(cut({ byHours: false })).toEqual(none)
  })

  it('has what only points could answer of months that are away', () => {
    const range = { from: us('2026-01-31T22:30:00Z'), to: us('2026-02-01T01:30:00Z') }
    expect(cut({ ...range, awayMonths: away('2026-01-01') })).toEqual({
      rollups: [span('01T00:00:00', '01T01:00:00')],
      awayRollups: [{ from: us('2026-01-31T23:00:00Z'), to: us('2026-02-01T00:00:00Z') - 1 }],
      points: [{ from: us('2026-02-01T01:00:00Z'), to: range.to }],
      away: [{ from: range.from, to: us('2026-01-31T23:00:00Z') - 1 }],
    })
    expect(cut({ ...range, byHours: false, awayMonths: away('2026-01-01', '2026-02-01') }).away).toEqual([range])
  })

  it('has nothing of roll-ups that are away too', () => {
    const range = { from: us('2026-01-31T22:00:00Z'), to: us('2026-02-01T01:00:00Z') - 1 }
    const bare = [{ month: '2026-01-01', hasRollups: false }]
    expect(cut({ ...range, awayMonths: bare })).toEqual({
      rollups: [span('01T00:00:00', '01T01:00:00')],
      awayRollups: [],
      points: [],
      away: [{ from: range.from, to: us('2026-02-01T00:00:00Z') - 1 }],
    })
    expect(cut({ ...range, awayMonths: [...bare, ...away('2026-02-01')] })).toMatchObject({
      awayRollups: [span('01T00:00:00', '01T01:00:00')],
      away: [{ from: range.from, to: us('2026-02-01T00:00:00Z') - 1 }],
    })
  })

  it('is covered by its spans, each instant once, whichever months are away', () => {
    const instant = fc.integer({ min: 0, max: 100 * 24 * 4 }).map((quarters) => BEGIN + quarters * (HOUR / 4))
    const names = ['2026-01-01', '2026-02-01', '2026-03-01', '2026-04-01']
    const months = fc
      .tuple(fc.subarray(names), fc.subarray(names))
      .map(([some, bare]) => away(...some).map((one) => ({ ...one, hasRollups: !bare.includes(one.month) })))
    fc.assert(
      fc.property(instant, instant, fc.boolean(), instant, months, (a, b, byHours, mark, awayMonths) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const watermark = Math.floor(mark / HOUR) * HOUR
        const spans = all(cutSpans({ from, to, byHours, watermark, awayMonths })).sort((x, y) => x.from - y.from)
        expect(spans[0]?.from).toBe(from)
        expect(spans.at(-1)?.to).toBe(to)
        for (const [i, one] of spans.entries()) expect(spans[i + 1]?.from ?? to + 1).toBe(one.to + 1)
      }),
    )
  })
})

describe('the source', () => {
  it('names what was read from', () => {
    expect(sourceOf(cut({}), [])).toBe('rollups, points')
    expect(sourceOf(cut({ byHours: false }), [])).toBe('points')
    expect(sourceOf(cut({ awayMonths: away('2026-02-01'), from: us('2026-02-01T10:00:00Z') }), [])).toBe('rollups')
    expect(sourceOf(cut({}), [span('01T00:00:00', '01T01:00:00')])).toBe('rollups, points, archive')
  })
})
