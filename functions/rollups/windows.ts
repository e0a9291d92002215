// Which hours are next
import { addMonths, HOUR, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import type { Marks, PointMonth } from './queries.ts'

/**
 * `sum`: these hours have to be rolled up, then the watermark is at their end. `skip`: nothing before the fence has points.
 * `stuck`: the month has no partition for its roll-ups. `done`: the watermark is at the fence.
 */
export type Next =
  | { readonly kind: 'sum'; readonly from: Micros; readonly to: Micros }
  | { readonly kind: 'skip' }
  | { readonly kind: 'stuck'; readonly month: string }
  | { readonly kind: 'done' }

/**
 * The hours after the watermark: at most so many, of one month that has points. `months` was read after the fence had been
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

/** Where the fence belongs: the first instant of the hour that this instant is in. */
export const fenceAt = (settled: Micros): Micros => Math.floor(settled / HOUR) * HOUR
