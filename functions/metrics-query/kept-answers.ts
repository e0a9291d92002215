// Answers over closed ranges, cached under the state that they were computed from. Late points, moved months and erasures change that
// state, and entries of an old state are never read again.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { HOUR } from '@penstock/shared/base/time.ts'
import type { Cache } from '@penstock/shared/cache/cache.ts'
import { ownedText } from '@penstock/shared/http/body-buffer.ts'
import { selectStoredState } from '@penstock/shared/points/read-state.ts'
import { isLogStore } from '@penstock/shared/points/store-switch.ts'
import { type Aggregated, aggregate } from './aggregate/aggregate.ts'
import type { AggregateQuery, RangeQuery } from './contract.ts'
import type { QueryDeps } from './deps.ts'
import { type PointsPage, range } from './handler.ts'
import { selectState } from './months/state-queries.ts'
import type { TenantRange } from './months/steady-months.ts'

export interface KeptDeps extends QueryDeps {
  readonly cache: Pick<Cache, 'read'>
}

const RANGE_MS = 300_000
const AGGREGATE_MS = 3_600_000
/** Size of a page of 10,000 points with long labels. Larger answers are not cached. */
const MAX_TEXT = 4 * 1024 * 1024

/** Like `range`, but from the cache when nothing has changed; never staler. */
export async function keptRange(deps: KeptDeps, caller: TenantPrincipal, query: RangeQuery): Promise<PointsPage> {
  const span = { tenantId: caller.tenant.id, from: query.start_time, to: query.end_time }
  return await keep(deps, span, {
    kind: 'metrics.range.1',
    query,
    ttlMs: RANGE_MS,
    answer: async () => await range(deps, caller, query),
    write: ({ source, cursor, bytes }) =>
      bytes.length > MAX_TEXT ? undefined : { source, cursor: cursor ?? '', text: String(bytes) },
    read: ({ source, cursor, text }) => ({ source, cursor: cursor || undefined, bytes: ownedText(text) }),
  })
}

/** Like `aggregate`, but from the cache when nothing has changed; never staler. */
export async function keptAggregate(
  deps: KeptDeps,
  caller: TenantPrincipal,
  query: AggregateQuery,
): Promise<Aggregated> {
  const span = { tenantId: caller.tenant.id, from: query.start_time.at, to: query.end_time.at }
  return await keep(deps, span, {
    kind: 'metrics.aggregate.1',
    query,
    ttlMs: AGGREGATE_MS,
    answer: async () => await aggregate(deps, caller, query),
    write: ({ source, text }) => (text.length > MAX_TEXT ? undefined : { source, cursor: '', text }),
    read: ({ source, text }) => ({ source, text }),
  })
}

interface Question<T> {
  /** Includes the format of the cached text: a new format needs a new name. */
  readonly kind: string
  readonly query: unknown
  readonly ttlMs: number
  readonly answer: () => Promise<T>
  /** Returns undefined when the answer is too long to be cached. */
  readonly write: (answer: T) => Kept | undefined
  readonly read: (kept: Kept) => T
}

/** A cached answer is two lines, followed by the text. */
interface Kept {
  readonly source: string
  /** Empty when there is none. */
  readonly cursor: string
  readonly text: string
}

class TooLong extends Error {}

async function keep<T>(deps: KeptDeps, span: TenantRange, question: Question<T>): Promise<T> {
  const { answer, write, read, kind, query, ttlMs } = question
  // An hour that has not ended has no roll-ups, so the database need not be asked.
  if (span.to >= Math.floor((deps.now() * 1000) / HOUR) * HOUR) return await answer()
  const { tenantId } = span
  const stateOf = (await isLogStore(deps.db)) ? selectStoredState : selectState
  const state = await deps.db.inTenant(tenantId, (tx) => stateOf(tx, span), { readOnly: true })
  if (state === undefined) return await answer()

  let own: { readonly answer: T } | undefined
  const load = async () => {
    own = { answer: await answer() }
    const kept = write(own.answer)
    if (!kept) throw new TooLong('too long to be cached')
    return { version: KEPT_VERSION, text: `${kept.source}\n${kept.cursor}\n${kept.text}` }
  }
  try {
    const key = { kind, tenantId, parameters: [state, query] }
    const text = await deps.cache.read({ ...key, ttlMs, load, check: async () => KEPT_VERSION })
    return own ? own.answer : read(toKept(text))
  } catch (error) {
    if (!(error instanceof TooLong)) throw error
    return own ? own.answer : await answer()
  }
}

/**
 * The key contains the state that the answer was computed from, so an entry never becomes stale and needs no version: with this constant
 * the cache treats every entry as current.
 */
const KEPT_VERSION = 1

function toKept(text: string): Kept {
  const [source = '', cursor = ''] = text.split('\n', 2)
  return { source, cursor, text: text.slice(source.length + cursor.length + 2) }
}
