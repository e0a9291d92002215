// The id of a point: a function of its series and its instant, so that the same point always has the same id.
import type { Micros } from './time.ts'

/**
 * A UUID version 8 (RFC 9562): 60 bits of microseconds since 1970, then the series id. Nothing of it is random, and it holds for
 * every instant that is a safe integer, before 1970 in two's complement.
 */
export function pointId(seriesId: number, at: Micros): string {
  // In two halves: hexadecimal of a number beyond 32 bits took three times as long, and this is most of what a row costs.
  const high = Math.floor(at / 2 ** 28)
  const low = hex(at - high * 2 ** 28, 7)
  return `${hex(high >>> 0, 8)}-${low.slice(0, 4)}-8${low.slice(4)}-8000-0000${hex(seriesId, 8)}`
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
