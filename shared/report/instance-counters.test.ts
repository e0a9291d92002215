import { describe, expect, it } from 'vitest'
import { BUCKETS, createHistogram, FIRST_MS, GROWTH } from './histogram.ts'
import { countInstance } from './instance-counters.ts'
import { countStatements, withoutLiterals } from './statements.ts'

/** The middle of the bucket in which the share of all durations lies. */
function percentile(list: readonly number[], share: number): number {
  const pairs = Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i] ?? 0, list[2 * i + 1] ?? 0] as const)
  let left = share * pairs.reduce((sum, [, count]) => sum + count, 0)
  const found = pairs.find(([, count]) => (left -= count) <= 0)
  return FIRST_MS * GROWTH ** ((found?.[0] ?? 0) + 0.5)
}

describe('a histogram', () => {
  it('gives every percentile to 5 %, from 0.1 ms to 57 s', () => {
    const durations = Array.from({ length: 2_000 }, (_, i) => 0.1001 * 1.00662 ** i).filter((ms) => ms < 57_000)
    const histogram = createHistogram()
    for (const ms of durations.toReversed()) histogram.add(ms)
    for (const share of [0.01, 0.25, 0.5, 0.95, 0.99, 1]) {
      const exact = durations[Math.ceil(share * durations.length) - 1] ?? 0
      expect(Math.abs(percentile(histogram.toList(), share) / exact - 1)).toBeLessThan(0.05)
    }
  })

  it('counts what lies outside in its first and last bucket', () => {
    const histogram = createHistogram()
    for (const ms of [0, 0.05, 0.1, 1e9]) histogram.add(ms)
    expect(histogram.toList()).toEqual([0, 3, BUCKETS - 1, 1])
  })
})

describe('statements', () => {
  it.each([
    [`select 'O''Brien', $1, $12 from t1 where a = 5.25`, 'select ?, $1, $12 from t1 where a = ?'],
    [String.raw`select E'it\'s' || 'x' limit 10`, 'select ? || ? limit ?'],
    ['do $body$ begin perform 7; end $body$', 'do ?'],
  ])('are kept without literals: %s', (text, plain) => expect(withoutLiterals(text)).toBe(plain))

  it('that differ in literals alone are one, cut at 500 characters and known by the whole text', () => {
    const counts = countStatements()
    counts.add(`select 'secret-1' ${'x'.repeat(600)}`, 1)
    counts.add(`select 'secret-2' ${'x'.repeat(600)}`, 2)
    counts.add(`select 'secret-2' ${'x'.repeat(600)}y`, 0.5)
    const [first, second, ...rest] = counts.top(50)
    expect([first?.calls, first?.total_ms, second?.calls, rest]).toEqual([2, 3, 1, []])
    expect([first?.text.length, first?.text === second?.text, first?.id === second?.id]).toEqual([500, true, false])
    expect(JSON.stringify(counts.top(50))).not.toContain('secret')
  })

  it('beyond 500 different ones are counted together', () => {
    const counts = countStatements()
    for (let i = 0; i < 501; i++) counts.add(`select a${i}`, i < 500 ? 1 : 4)
    expect(counts.others()).toEqual({ calls: 1, total_ms: 4 })
    expect(counts.top(50)).toHaveLength(50)
  })
})

describe('requests', () => {
  it('of more than 200 tenants are counted together from there on', () => {
    const counters = countInstance()
    const request = { route: 'GET /a', ms: 1, bytesIn: 1, bytesOut: 2 }
    for (let tenantId = 1; tenantId <= 202; tenantId++) counters.request({ ...request, tenantId, status: 200 })
    counters.request({ ...request, tenantId: 1, status: 422 })
    counters.request({ ...request, tenantId: undefined, route: undefined, status: 404 })
    const report = counters.report()
    expect(Object.keys(report.tenants)).toHaveLength(200)
    expect(report.tenants['1']).toEqual({ requests: 2, refusals: 1, bytes_in: 2, bytes_out: 4 })
    expect(report.other_tenants).toEqual({ requests: 2, refusals: 0, bytes_in: 2, bytes_out: 4 })
    expect(report.routes).toEqual({ 'GET /a': { '2xx': 202, '4xx': 1 }, unmatched: { '4xx': 1 } })
  })
})
