import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from '../base/time.ts'
import { findInWindow } from './evaluate-window.ts'
import { isSuppressed, messageOf } from './observation.ts'
import { AlertRuleChange, AlertRuleCreate } from './rule-schema.ts'
import { aggregateOf, groupOf, pointsByGroup } from './windows.ts'

const T0 = Date.UTC(2026, 10, 20) * 1_000
const rule = (more: object = {}): AlertRuleCreate =>
  AlertRuleCreate.parse({
    name: 'r',
    service_name: 'pump',
    metric_type: 'pressure',
    threshold_type: 'absolute',
    threshold_value: 80,
    comparison_operator: '>',
    severity: 'warning',
    evaluation_window_seconds: 60,
    ...more,
  })
const points = (...pairs: readonly (readonly [minutes: number, value: number])[]) => ({
  at: Float64Array.from(pairs, ([minutes]) => T0 + minutes * MINUTE),
  value: Float64Array.from(pairs, ([, value]) => value),
})

describe('a comparison', () => {
  it.each([
    ['>', 81, 'breached'],
    ['>', 80, 'cleared'],
    ['<', 79, 'breached'],
    ['<', 80, 'cleared'],
    ['>=', 80, 'breached'],
    ['>=', 79.9, 'cleared'],
    ['<=', 80, 'breached'],
    ['<=', 80.1, 'cleared'],
    ['==', 80.0009, 'breached'],
    ['==', 80.0011, 'cleared'],
  ])('of %s 80 with %d is %s', (comparison_operator, value, finding) => {
    expect(findInWindow(rule({ comparison_operator }), points([0, value]), T0)).toEqual({ value, finding })
  })

  it.each([
    ['>', 70, 75, 'between'],
    ['>', 70, 70, 'cleared'],
    ['<', 90, 85, 'between'],
    ['<', 90, 90, 'cleared'],
  ])('of %s 80 that recovers at %d is, at %d, %s', (comparison_operator, recover_value, value, finding) => {
    expect(findInWindow(rule({ comparison_operator, recover_value }), points([0, value]), T0).finding).toBe(finding)
  })
})

describe('a window', () => {
  it('has its end and not its beginning', () => {
    const of = points([-1, 1], [0, 2], [1, 4])
    expect(aggregateOf('sum', of, T0 - MINUTE, T0)).toBe(2)
    expect(aggregateOf('sum', of, T0 - MINUTE - 1, T0)).toBe(3)
    expect(aggregateOf('sum', of, T0 + MINUTE, T0 + HOUR)).toBeNull()
  })

  it.each([
    ['avg', 7 / 3],
    ['min', 1],
    ['max', 4],
    ['sum', 7],
    ['count', 3],
    ['last', 4],
  ] as const)('has the %s %d', (aggregate, expected) => {
    expect(aggregateOf(aggregate, points([-1, 1], [0, 2], [1, 4]), T0 - HOUR, T0 + HOUR)).toBe(expected)
  })

  it('has no value where the sum is beyond a double', () => {
    expect(aggregateOf('sum', points([0, 1e308], [0, 1e308]), T0 - 1, T0)).toBeNull()
  })

  it('is compared with the one before it by percentages and rates', () => {
    const of = points([-1, -100], [0, -150])
    expect(findInWindow(rule({ threshold_type: 'percentage' }), of, T0).value).toBe(-50)
    expect(findInWindow(rule({ threshold_type: 'rate' }), of, T0).value).toBe(-50)
    expect(
      findInWindow(rule({ threshold_type: 'rate', evaluation_window_seconds: 120 }), points([-2, 0], [0, 3]), T0).value,
    ).toBe(1.5)
    expect(findInWindow(rule({ threshold_type: 'percentage' }), points([-1, 0], [0, 5]), T0).finding).toBe('no_data')
    expect(findInWindow(rule({ threshold_type: 'rate' }), points([0, 5]), T0).finding).toBe('no_data')
  })
})

it('groups series by a label, with a group for those without it, and merges the points of a group by time', () => {
  const series = [
    { id: 1, block: 0, unit: 'C', group: 'a' },
    { id: 2, block: 0, unit: 'C', group: null },
    { id: 3, block: 0, unit: 'C', group: 'a' },
  ]
  const of = new Map([
    [1, points([0, 1], [2, 3])],
    [3, points([1, 2], [2, 4])],
  ])
  const groups = pointsByGroup({ group_by: 'room' }, series, of)
  expect([...groups.keys()].map(groupOf)).toEqual(['a', null])
  expect([...(groups.get('=a')?.value ?? [])]).toEqual([1, 2, 3, 4])
  expect(groups.get('-')?.at).toHaveLength(0)
  expect([...pointsByGroup({ group_by: null }, [], new Map()).keys()]).toEqual([''])
})

it('says what it compared', () => {
  expect(messageOf(rule(), 81)).toBe('pump - pressure: 81.00 > 80.00')
  expect(messageOf(rule({ threshold_type: 'percentage' }), 81)).toBe(
    'pump - pressure: 81.00 > 80.00 (percentage threshold)',
  )
  expect(messageOf(rule({ threshold_type: 'rate' }), 81)).toBe(
    'pump - pressure: 81.00 > 80.00 (rate of change threshold)',
  )
  expect(messageOf(rule(), null)).toMatch(/no data/)
})

it.each([
  [false, null, null, false],
  [true, null, null, false],
  [true, -1, null, true],
  [true, null, 1, true],
  [true, 0, 1, true],
  [true, -1, 0, false],
  [true, 1, 2, false],
] as const)('is suppressed: enabled %s from %s to %s: %s', (suppression_enabled, start, end, expected) => {
  const at = (hours: number | null) => (hours === null ? null : T0 + hours * HOUR)
  expect(isSuppressed({ suppression_enabled, suppression_start: at(start), suppression_end: at(end) }, T0)).toBe(
    expected,
  )
})

describe('the fields of a rule', () => {
  it.each([
    [{ threshold_value: 0 }, 'threshold_value'],
    [{ evaluation_window_seconds: 59 }, 'evaluation_window_seconds'],
    [{ evaluation_window_seconds: 3_601 }, 'evaluation_window_seconds'],
    [{ notification_channels: ['email', 'email'] }, 'notification_channels'],
    [{ suppression_start: '2026-11-20T10:00:00Z', suppression_end: '2026-11-20T10:00:00Z' }, 'suppression_end'],
    [{ recover_value: 80.1 }, 'recover_value'],
    [{ comparison_operator: '<', recover_value: 79.9 }, 'recover_value'],
    [{ labels: { a: 'x'.repeat(4_097) } }, 'labels'],
    [{ labels: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [String(i), 'x'])) }, 'labels'],
    [{ name: 'a\0b' }, 'name'],
  ])('refuses wrong fields (%#)', (more, field) => {
    const result = AlertRuleCreate.safeParse({ ...rule(), suppression_start: null, suppression_end: null, ...more })
    expect(result.error?.issues.map(({ path }) => path[0])).toEqual([field])
  })

  it('takes null as not sent', () => {
    expect(rule({ enabled: null, unit: null, evaluation_window_seconds: null })).toMatchObject({
      enabled: true,
      unit: null,
      evaluation_window_seconds: 300,
    })
    expect(AlertRuleChange.parse({ name: null, enabled: false })).toMatchObject({ enabled: false, name: undefined })
  })
})
