// The id of a point: a function of its series and its instant, so that the same point always has the same id.
import type { Micros } from './time.ts'

/**
 * A UUID version 8 (RFC 9562): 60 bits of microseconds since 1970, then the series id. Nothing of it is random, and it holds for
 * every instant from 1970 to the year 38000.
 */
export function pointId(seriesId: number, at: Micros): string {
  const time = at.toString(16).padStart(15, '0')
  const series = seriesId.toString(16).padStart(8, '0')
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-8${time.slice(12)}-8000-0000${series}`
}
