// Turns a result into the answer on the wire, with the preferences that were applied.
import type { Reply } from '@penstock/shared/http/service.ts'
import type { Preferences } from './answers.ts'
import type { IngestResult } from './handler.ts'

/** Returns the stored metric, or the form that the caller prefers. */
export function oneReply(preferences: Preferences, result: IngestResult): Reply {
  const [text] = result.echo ?? []
  return text === undefined ? counted(preferences, result) : { text }
}

/** Returns the stored metrics in request order, or the form that the caller prefers; only the count when an echo would be too long. */
export function batchReply(preferences: Preferences, result: IngestResult): Reply {
  return result.echo === null ? counted(preferences, result) : { text: `[${result.echo.join(',')}]` }
}

function counted(preferences: Preferences, result: IngestResult): Reply {
  if (!preferences.strict) return { json: result.lenient, headers: { 'preference-applied': 'handling=lenient' } }
  return { json: result.minimal, headers: { 'preference-applied': 'return=minimal' } }
}
