// Decides which months must be made, and in which order.

import { addMonths, type Micros, monthOf } from '@penstock/shared/base/time.ts'
import { monthOfTable, POINTS } from '@penstock/shared/months/month-table.ts'
import type { MonthState } from '@penstock/shared/schema/index.ts'
import { isHot } from '@penstock/shared/schema/month-states.ts'

const MONTHS_AHEAD = 3

/** Returns the current month and the three after it. */
export function requiredMonths(now: Micros): string[] {
  const current = monthOf(now)
  return Array.from({ length: MONTHS_AHEAD + 1 }, (_, ahead) => addMonths(current, ahead))
}

export interface Situation {
  /** Months that the calendar requires. */
  readonly required: readonly string[]
  /** Months that have deferred points. */
  readonly deferred: readonly string[]
  readonly states: ReadonlyMap<string, MonthState>
  /** Partitions of the points, and tables that are named like one. `from` is null for bounds that are missing or not those of a month. */
  readonly tables: readonly { readonly name: string; readonly attached: boolean; readonly from: string | null }[]
  /** Months that have a partition of the roll-ups. */
  readonly rolledUp: ReadonlySet<string | null>
}

/**
 * `make`: the month must go live. `replay`: the month is live and has deferred points, which happens only after a fault. `rollups`: the
 * month has points but no partition of the roll-ups, which it normally gets when it goes live.
 */
export interface Step {
  readonly month: string
  readonly kind: 'make' | 'replay' | 'rollups'
}

/**
 * Returns the steps, most urgent first: the months that are needed now and soon, then those that points wait for, oldest first. Sealed
 * and archived months are skipped; their deferred points wait until retention brings the month back.
 */
export function planSteps({ required, deferred, states, tables, rolledUp }: Situation): Step[] {
  const attached = new Map<string | undefined, string | null>()
  const unattached: string[] = []
  for (const table of tables) {
    const month = monthOfTable(POINTS, table.name)
    if (table.attached) attached.set(month, table.from)
    else if (month !== undefined) unattached.push(month)
  }
  const lost = [...states].flatMap(([month, state]) => (state === 'live' && !attached.has(month) ? [month] : []))
  const waiting = new Set(deferred)
  const rollups = [...states]
    .filter(([month, state]) => isHot(state) && attached.has(month) && !rolledUp.has(month))
    .map(([month]): Step => ({ month, kind: 'rollups' }))
  const months = [...new Set([...required, ...[...deferred, ...unattached, ...lost].sort()])]
  const points = months.flatMap((month): Step[] => {
    const state = states.get(month)
    // A partition that does not match the month in its name is only reported by the audit; nothing is stored into it.
    if ((attached.get(month) ?? month) !== month) return []
    if (state === undefined) return [{ month, kind: 'make' }]
    if (state !== 'live') return []
    const make: Step[] = attached.has(month) ? [] : [{ month, kind: 'make' }]
    return waiting.has(month) ? [...make, { month, kind: 'replay' }] : make
  })
  return [...rollups, ...points]
}
