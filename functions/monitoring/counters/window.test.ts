import { formatTimestamp, HOUR, MINUTE, toPostgres } from '@penstock/shared/base/time.ts'
import { countInstance } from '@penstock/shared/report/instance-counters.ts'
import { describe, expect, it } from 'vitest'
import { type Activity, activityOf, difference, errorsOf, nothing, requestsOf, sum } from './activity.ts'
import { addBuckets, countOf, cumulative, percentile } from './buckets.ts'
import { changes, merged, type Report } from './window.ts'

const START = Date.UTC(2026, 10, 20, 12) * 1_000
const one = '11111111-0000-4000-8000-000000000001'

/** Durations with a long tail, the same ones each time. */
const durations = (count: number, seed: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => 0.2 * Math.exp(6 * (((i + 1) * 0.618_033_988_75 * seed) % 1) ** 2))

/** The report of an instance that ran a statement for each duration. */
function reportOf(ms: readonly number[], text = 'select 1', status = 200) {
  const counters = countInstance()
  for (const duration of ms) {
    counters.statement(text, duration)
    counters.request({ route: 'GET /a', status, ms: duration, tenantId: 1, bytesIn: 0, bytesOut: 0 })
  }
  return counters.report()
}

const row = (ms: readonly number[], startedAt = START, instance = one): Report => ({
  function: 'feedback',
  instance,
  revision: 'r',
  started_at: toPostgres(startedAt),
  reported_at: toPostgres(startedAt + MINUTE),
  report: reportOf(ms),
})
const seen = (ms: readonly number[], startedAt = START) => [
  { function: 'feedback', instance: one, started_at: toPostgres(startedAt), activity: activityOf(reportOf(ms)) },
]
const feedback = (activity: Readonly<Record<string, Activity>>): Activity => activity['feedback'] ?? nothing

describe('a percentile', () => {
  it('of several instances is within 5 % of the one of all their durations', () => {
    const parts = [durations(900, 1), durations(2_000, 2), durations(50, 3)]
    const all = parts.flat().toSorted((a, b) => a - b)
    const added = addBuckets(parts.map((ms) => reportOf(ms).statements.histogram))
    for (const share of [0.5, 0.9, 0.95, 0.99]) {
      const exact = all[Math.ceil(share * all.length) - 1] ?? Number.NaN
      expect(Math.abs((percentile(added, share) ?? 0) / exact - 1)).toBeLessThan(0.05)
    }
  })

  it('of nothing is null', () => expect(percentile([], 0.5)).toBeNull())
})

it('counts the durations below each bound', () => {
  expect(cumulative([0, 2, 3, 1, 10, 4], [1, 4, 10, 11, 139])).toEqual([2, 3, 3, 7, 7])
})

describe('a difference', () => {
  it('is what was added, for each statement too', () => {
    const before = activityOf(reportOf([1, 300]))
    const now = activityOf(reportOf([1, 300, 400, 2]))
    const done = difference(now, before)
    expect([countOf(done.statements), done.statements_ms, done.slow, requestsOf(done)]).toEqual([2, 402, 1, 2])
    expect(done.top.map(({ calls, total_ms }) => [calls, total_ms])).toEqual([[2, 402]])
    expect(done.classes).toEqual({ '2xx': 2 })
  })

  it('is never negative', () => {
    const done = difference(activityOf(reportOf([1])), activityOf(reportOf([1, 300, 400])))
    expect([countOf(done.statements), done.statements_ms, done.slow, done.classes]).toEqual([0, 0, 0, { '2xx': 0 }])
  })

  it('reads the report of a revision that has fewer counters', () => {
    expect(activityOf({ statements: { histogram: [3, 2] } as never })).toMatchObject({
      statements: [3, 2],
      slow: 0,
      top: [],
    })
  })
})

describe('changes', () => {
  it('of an instance that was counted are what it has done since', () => {
    expect(countOf(feedback(changes([row([1, 2, 3])], seen([1, 2]))).statements)).toBe(1)
  })

  it('of an instance that has started again are everything', () => {
    expect(countOf(feedback(changes([row([1, 2, 3], START + HOUR)], seen([1, 2, 3, 4]))).statements)).toBe(3)
  })

  it('of an instance that was never counted are everything', () => {
    expect(countOf(feedback(changes([row([1, 2])], [])).statements)).toBe(2)
  })

  it('leave out the past of instances that are older than the first sample counts', () => {
    expect(feedback(changes([row([1, 2])], [], START + 1)).statements).toEqual([])
    expect(countOf(feedback(changes([row([1, 2])], [], START)).statements)).toBe(2)
  })
})

it('adds functions by name', () => {
  const a = { feedback: activityOf(reportOf([1], 'select a')) }
  const b = { feedback: activityOf(reportOf([2, 3], 'select b', 503)), backfill: activityOf(reportOf([4])) }
  const both = merged([a, b])
  expect(Object.keys(both)).toEqual(['feedback', 'backfill'])
  expect([requestsOf(feedback(both)), errorsOf(feedback(both))]).toEqual([3, 2])
  expect(feedback(both).top.map(({ total_ms }) => total_ms)).toEqual([5, 1])
  expect(sum([])).toMatchObject({ statements: [], statements_ms: 0, top: [] })
  expect(formatTimestamp(START)).toBe('2026-11-20T12:00:00.000000Z')
})
