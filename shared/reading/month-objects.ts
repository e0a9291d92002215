// Computes the part of a range that an object holds.
import { addMonths, type Micros, monthStart } from '../base/time.ts'
import type { ObjectSpan } from './archive-spans.ts'
import type { MonthUnder } from './object-queries.ts'

/** Returns the part of a range that an object holds, both ends included. */
export function spanOfObject(
  object: MonthUnder,
  { from, to }: { readonly from: Micros; readonly to: Micros },
): ObjectSpan {
  const [begin, end] = [monthStart(object.month), monthStart(addMonths(object.month, 1)) - 1]
  return { from: Math.max(from, begin), to: Math.min(to, end), object }
}
