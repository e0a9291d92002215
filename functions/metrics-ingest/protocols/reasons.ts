// Explains why entries were refused, for a person who reads an agent's log.
import type { Rejection } from '@penstock/shared/points/verdicts.ts'

const NAMED = 3

/** Returns the first few reasons as one sentence, each with the text of `placeOf` for its entry, and the number of further ones. */
export function firstReasons(rejections: readonly Rejection[], placeOf: (rejection: Rejection) => string): string {
  const named = rejections.slice(0, NAMED).map((rejection) => `${placeOf(rejection)}${rejection.detail}`)
  const more = rejections.length - named.length
  return `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}
