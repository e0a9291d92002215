// Computes the part of a range that an object holds.
import { addMonths, monthStart } from '../base/time.ts'
import type { TimeRange } from '../points/stored-rows.ts'
import type { MonthUnder } from './object-queries.ts'

/** A part of a range, both ends included, and the object that holds it. */
export interface ObjectSpan extends TimeRange {
  readonly object: MonthUnder
}

/** Returns the part of a range that an object holds, both ends included. */
export function spanOfObject(object: MonthUnder, { from, to }: TimeRange): ObjectSpan {
  const [begin, end] = [monthStart(object.month), monthStart(addMonths(object.month, 1)) - 1]
  return { from: Math.max(from, begin), to: Math.min(to, end), object }
}
