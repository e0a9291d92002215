// From a result to the answer on the wire, and what of the caller's preferences was honoured.
import type { Reply } from '@penstock/shared/http/service.ts'
import type { Preferences } from './answers.ts'
import type { IngestResult } from './handler.ts'

/** The stored metric, or what the caller preferred to it. */
export function oneReply(preferences: Preferences, result: IngestResult): Reply {
  const [text] = result.echo ?? []
  return text === undefined ? counted(preferences, result) : { text }
}

/** The stored metrics in request order, or what the caller preferred to them; of an echo that would be too long only the count. */
export function batchReply(preferences: Preferences, result: IngestResult): Reply {
  return result.echo === null ? counted(preferences, result) : { text: `[${result.echo.join(',')}]` }
}

function counted(preferences: Preferences, result: IngestResult): Reply {
  if (!preferences.strict) return { json: result.lenient, headers: { 'preference-applied': 'handling=lenient' } }
  return { json: result.minimal, headers: { 'preference-applied': 'return=minimal' } }
}
