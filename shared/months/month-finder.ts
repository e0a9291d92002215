// The months of many points.

import { addMonths, type Micros, monthOf, monthStart } from '../base/time.ts'

/** `monthOf` that remembers the last month: neighbours mostly share it, and a Date for each of 10,000 points is what shows in a profile. */
export function createMonthFinder(): (at: Micros) => string {
  let begin = 0
  let end = 0
  let month = ''
  return (at) => {
    if (at >= begin && at < end) return month
    month = monthOf(at)
    begin = monthStart(month)
    end = monthStart(addMonths(month, 1))
    return month
  }
}
