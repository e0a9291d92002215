import { parseTimestamp } from '@penstock/shared/base/time.ts'
import { monthTable } from '@penstock/shared/months/month-table.ts'
import type { MonthState } from '@penstock/shared/schema/index.ts'
import { describe, expect, it } from 'vitest'
import { planSteps, requiredMonths, type Situation } from './months.ts'

const at = (text: string): number => parseTimestamp(text) ?? Number.NaN

describe('required months', () => {
  it('are the current one and the three after it', () => {
    expect(requiredMonths(at('2026-07-15T12:00:00Z'))).toEqual(['2026-07-01', '2026-08-01', '2026-09-01', '2026-10-01'])
  })

  it('change at the first microsecond of a month in UTC, also of a year', () => {
    const lastOfYear = ['2026-12-01', '2027-01-01', '2027-02-01', '2027-03-01']
    expect(requiredMonths(at('2026-12-31T23:59:59.999999Z'))).toEqual(lastOfYear)
    expect(requiredMonths(at('2027-01-01T00:00:00Z'))).toEqual([...lastOfYear.slice(1), '2027-04-01'])
    expect(requiredMonths(at('2028-02-29T23:59:59.999999Z'))[0]).toBe('2028-02-01')
  })
})

describe('the plan', () => {
  const attachedTable = (month: string, from: string | null = month) => ({
    name: monthTable('metric_point', month).name,
    attached: true,
    from,
  })
  const plan = (situation: Partial<Omit<Situation, 'states'>> & { states?: Record<string, MonthState> }) =>
    planSteps({
      required: [],
      deferred: [],
      tables: [],
      rolledUp: new Set(Object.keys(situation.states ?? {})),
      ...situation,
      states: new Map(Object.entries(situation.states ?? {})),
    }).map((step) => `${step.kind} ${step.month}`)

  it('makes required months first, then those that points wait for, oldest first, each once', () => {
    const required = ['2026-11-01', '2026-12-01']
    const deferred = ['2026-12-01', '2014-04-01', '2013-12-01']
    expect(plan({ required, deferred })).toEqual([
      'make 2026-11-01',
      'make 2026-12-01',
      'make 2013-12-01',
      'make 2014-04-01',
    ])
  })

  it.each(['live', 'sealed', 'written', 'verified'] as const)(
    'makes the roll-ups’ partition of a %s month',
    (state) => {
      const lacking = {
        states: { '2014-04-01': state },
        tables: [attachedTable('2014-04-01')],
        rolledUp: new Set<string>(),
      }
      expect(plan(lacking)).toEqual(['rollups 2014-04-01'])
    },
  )

  it.each(['cold', 'detached', 'dropped', 'expired'] as const)('makes none of a %s month', (state) => {
    const lacking = {
      states: { '2014-04-01': state },
      tables: [attachedTable('2014-04-01')],
      rolledUp: new Set<string>(),
    }
    expect(plan(lacking)).toEqual([])
  })

  it('leaves live months with their partition alone', () => {
    const required = ['2026-11-01']
    expect(plan({ required, states: { '2026-11-01': 'live' }, tables: [attachedTable('2026-11-01')] })).toEqual([])
  })

  it.each(['sealed', 'written', 'verified', 'cold', 'detached', 'dropped', 'expired'] as const)(
    'lets points of a %s month wait',
    (state) => {
      expect(plan({ deferred: ['2014-04-01'], states: { '2014-04-01': state } })).toEqual([])
    },
  )

  it('goes on with a table that a run has left behind, though nothing waits for it any more', () => {
    const tables = [{ name: 'metric_point_2014_04', attached: false, from: null }]
    expect(plan({ tables })).toEqual(['make 2014-04-01'])
    expect(plan({ tables, states: { '2014-04-01': 'dropped' } })).toEqual([])
  })

  it('gives a live month without a partition one, and replays what waits for it', () => {
    const states = { '2014-04-01': 'live' } as const
    expect(plan({ states })).toEqual(['make 2014-04-01'])
    expect(plan({ states, deferred: ['2014-04-01'] })).toEqual(['make 2014-04-01', 'replay 2014-04-01'])
  })

  it('replays what waits for a live month', () => {
    const deferred = ['2014-04-01']
    const states = { '2014-04-01': 'live' } as const
    expect(plan({ states, deferred, tables: [attachedTable('2014-04-01')] })).toEqual(['replay 2014-04-01'])
  })

  it('stores nothing into a partition that is not the month in its name', () => {
    const deferred = ['2014-04-01']
    expect(plan({ deferred, tables: [attachedTable('2014-04-01', '2014-05-01')] })).toEqual([])
  })

  it('makes a partition’s month live that has no state', () => {
    expect(plan({ deferred: ['2014-04-01'], tables: [attachedTable('2014-04-01')] })).toEqual(['make 2014-04-01'])
  })
})
