// Calls the rules for a request, and turns their result into the answer in the form that the caller prefers, with `Preference-Applied` for
// each preference that was honoured.
import type { Call, Reply } from '@penstock/shared/http/service.ts'
import { readIdempotencyKey } from '@penstock/shared/jobs/idempotency.ts'
import { type Preferences, readPreferences } from './answers.ts'
import type { routes } from './contract.ts'
import { type EchoDeps, type IngestRequest, type IngestResult, ingest } from './handler.ts'
import { readBatch } from './scan-metrics.ts'

/** Stores one metric and answers it. */
export async function one(deps: EchoDeps, call: Call<typeof routes.one>): Promise<Reply> {
  const preferences = preferencesOf(call)
  return oneReply(preferences, await ingestCall(deps, call, preferences, { entries: [call.body], pointerOf: () => '' }))
}

/** Stores metrics and answers them. */
export async function batch(deps: EchoDeps, call: Call<typeof routes.batch>): Promise<Reply> {
  const preferences = preferencesOf(call)
  return batchReply(preferences, await ingestCall(deps, call, preferences, await readBatch(call.bytes, preferences)))
}

/** Returns the stored metric, or the form that the caller prefers. */
export function oneReply(preferences: Preferences, result: IngestResult): Reply {
  const [text] = result.echo ?? []
  return text === undefined ? counted(preferences, result) : { text }
}

/** Returns the stored metrics in request order, or the form that the caller prefers. An echo that would be too long is replaced by a count. */
export function batchReply(preferences: Preferences, result: IngestResult): Reply {
  return result.echo === null ? counted(preferences, result) : { text: `[${result.echo.join(',')}]` }
}

type IngestCall = Call<typeof routes.one | typeof routes.batch>

const preferencesOf = ({ headers }: IngestCall): Preferences => readPreferences(String(headers['prefer'] ?? ''))

async function ingestCall(
  deps: EchoDeps,
  call: IngestCall,
  preferences: Preferences,
  read: Pick<IngestRequest, 'entries' | 'scan' | 'pointerOf'>,
): Promise<IngestResult> {
  const idempotency = readIdempotencyKey(
    call.headers['idempotency-key'],
    `${call.url.pathname} ${preferences.strict}`,
    call.bytes,
  )
  return await ingest(deps, call.caller, { ...read, preferences, idempotency })
}

function counted(preferences: Preferences, result: IngestResult): Reply {
  if (!preferences.strict) return { json: result.lenient, headers: { 'preference-applied': 'handling=lenient' } }
  return { json: result.minimal, headers: { 'preference-applied': 'return=minimal' } }
}
