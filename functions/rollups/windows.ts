// Chooses the hours to roll up next.
import { addMonths, HOUR, hourOf, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import type { Marks, PointMonth } from './queries.ts'

/**
 * `sum`: roll up these hours, then move the watermark to their end. `skip`: nothing before the fence has points. `stuck`: the month has
 * no partition for its roll-ups. `done`: the watermark is at the fence.
 */
export type Next =
  | { readonly kind: 'sum'; readonly from: Micros; readonly to: Micros }
  | { readonly kind: 'skip' }
  | { readonly kind: 'stuck'; readonly month: string }
  | { readonly kind: 'done' }

/**
 * Returns the hours after the watermark, at most `hours`, within one month that has points. `months` must be read after the fence was
 * moved: a month that goes live later has its hours recorded as invalid.
 */
export function nextWindow({ fence, watermark }: Marks, months: readonly PointMonth[], hours: number): Next {
  if (watermark >= fence) return { kind: 'done' }
  const next = months.find(({ month }) => endOf(month) > watermark)
  if (!next || monthStart(next.month) >= fence) return { kind: 'skip' }
  if (!next.ready) return { kind: 'stuck', month: next.month }
  const from = Math.max(watermark, monthStart(next.month))
  return { kind: 'sum', from, to: Math.min(from + hours * HOUR, endOf(next.month), fence) }
}

const endOf = (month: string): Micros => monthStart(addMonths(month, 1))

/** Returns the position of the fence: the first instant of the hour that contains this instant. */
export const fenceAt = (settled: Micros): Micros => hourOf(settled)
