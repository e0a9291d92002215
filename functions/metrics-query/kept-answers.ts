// Answers over closed ranges, cached under the state that they were computed from. Late points, moved months and erasures change that
// state, and entries of an old state are never read again.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { HOUR } from '@penstock/shared/base/time.ts'
import type { Cache } from '@penstock/shared/cache/cache.ts'
import type { PipelineRows, PipelineStatement } from '@penstock/shared/database/pipeline.ts'
import { preparedStatement } from '@penstock/shared/database/pipeline-statement.ts'
import { type OwnedBuffer, ownedText } from '@penstock/shared/http/body-buffer.ts'
import { storedState } from '@penstock/shared/points/read-state.ts'
import type { TimeRange } from '@penstock/shared/points/stored-rows.ts'
import { type Aggregated, aggregate } from './aggregate/aggregate.ts'
import type { AggregateQuery, AnswerType, RangeQuery } from './contract.ts'
import { type QueryDeps, toFilter } from './deps.ts'
import { type PointsPage, range } from './handler.ts'
import { pointForms } from './range/point-forms.ts'
import { seriesStatement } from './stored-points.ts'
import { periodsOf, trends } from './trends/trends.ts'
import type { TrendsQuery } from './trends-contract.ts'

export interface KeptDeps extends QueryDeps {
  readonly cache: Pick<Cache, 'read'>
}

const RANGE_MS = 300_000
const AGGREGATE_MS = 3_600_000
/** Size of a page of 10,000 points with long labels. Larger answers are not cached. */
const MAX_TEXT = 4 * 1024 * 1024

/** Like `range`, but from the cache when nothing has changed; never staler. */
export async function keptRange(
  deps: KeptDeps,
  caller: TenantPrincipal,
  query: RangeQuery,
  type: AnswerType = 'application/json',
): Promise<PointsPage> {
  const span = { tenantId: caller.tenant.id, from: query.start_time, to: query.end_time }
  return await keep(deps, span, {
    kind: 'metrics.range.2',
    query,
    type,
    ttlMs: RANGE_MS,
    extra: seriesStatement(toFilter(caller.tenant.id, query)),
    answer: async (series) => await range(deps, caller, query, pointForms[type], series),
    toRest: ({ source, cursor }) => ({ source, cursor: cursor ?? '' }),
    read: ({ source, cursor }, bytes) => ({ source, cursor: cursor || undefined, bytes }),
  })
}

/** Like `aggregate`, but from the cache when nothing has changed; never staler. */
export async function keptAggregate(
  deps: KeptDeps,
  caller: TenantPrincipal,
  query: AggregateQuery,
  type: AnswerType = 'application/json',
): Promise<Aggregated> {
  const span = { tenantId: caller.tenant.id, from: query.start_time.at, to: query.end_time.at }
  return await keep(deps, span, {
    kind: 'metrics.aggregate.2',
    query,
    type,
    ttlMs: AGGREGATE_MS,
    answer: async () => await aggregate(deps, caller, query, type),
    toRest: ({ source }) => ({ source, cursor: '' }),
    read: ({ source }, bytes) => ({ source, bytes }),
  })
}

/** Like `trends`, but from the cache when nothing has changed in either period; never staler. */
export async function keptTrends(deps: KeptDeps, caller: TenantPrincipal, query: TrendsQuery): Promise<Aggregated> {
  const { current, previous = current } = periodsOf(query)
  const span = {
    tenantId: caller.tenant.id,
    from: Math.min(current.from, previous.from),
    to: Math.max(current.to, previous.to),
  }
  return await keep(deps, span, {
    kind: 'metrics.trends.1',
    query,
    type: 'application/json',
    ttlMs: AGGREGATE_MS,
    answer: async () => await trends(deps, caller, query),
    toRest: ({ source }) => ({ source, cursor: '' }),
    read: ({ source }, bytes) => ({ source, bytes }),
  })
}

interface Question<T> {
  /** Includes the format of the cached text: a new format needs a new name. */
  readonly kind: string
  readonly query: unknown
  readonly type: AnswerType
  readonly ttlMs: number
  /** Runs in the round trip that reads the state, and after it. */
  readonly extra?: PipelineStatement | undefined
  /** Takes the rows of `extra`. */
  readonly answer: (rows: PipelineRows | undefined) => Promise<T>
  readonly toRest: (answer: T) => Rest
  readonly read: (rest: Rest, bytes: OwnedBuffer) => T
}

/** An answer without its bytes. A cached answer is these two lines, followed by the bytes as text. */
interface Rest {
  readonly source: string
  /** Empty when there is none. */
  readonly cursor: string
}

/** Returns the state of the range, and the rows of the statement that runs after it. An hour that has not ended has no state. */
async function readState(
  { db, now }: KeptDeps,
  span: TimeRange & { readonly tenantId: number },
  extra: PipelineStatement | undefined,
): Promise<{ readonly state: string | undefined; readonly rows: PipelineRows | undefined }> {
  const isOver = span.to < Math.floor((now() * 1000) / HOUR) * HOUR
  const statements = [...(isOver ? [preparedStatement(storedState(span))] : []), ...(extra ? [extra] : [])]
  if (statements.length === 0) return { state: undefined, rows: undefined }
  const answers = await db.pipelineInTenant(span.tenantId, statements)
  return { state: (isOver && answers[0]?.[0]?.[0]) || undefined, rows: extra && answers.at(-1) }
}

class TooLong extends Error {}

async function keep<T extends { readonly bytes: Buffer }>(
  deps: KeptDeps,
  span: TimeRange & { readonly tenantId: number },
  question: Question<T>,
): Promise<T> {
  const { toRest, kind, query, type, ttlMs } = question
  const { tenantId } = span
  const { state, rows } = await readState(deps, span, question.extra)
  const answer = async (): Promise<T> => await question.answer(rows)
  if (state === undefined) return await answer()

  let own: { readonly answer: T } | undefined
  const load = async () => {
    own = { answer: await answer() }
    const { source, cursor } = toRest(own.answer)
    const text = own.answer.bytes.toString(encodingOf(type))
    if (text.length > MAX_TEXT) throw new TooLong('too long to be cached')
    return { version: KEPT_VERSION, text: `${source}\n${cursor}\n${text}` }
  }
  try {
    const key = { kind, tenantId, parameters: [state, query, type] }
    const text = await deps.cache.read({ ...key, ttlMs, load, check: async () => KEPT_VERSION })
    return own ? own.answer : readKept(question, text)
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

function readKept<T>({ read, type }: Question<T>, kept: string): T {
  const [source = '', cursor = ''] = kept.split('\n', 2)
  const text = kept.slice(source.length + cursor.length + 2)
  return read({ source, cursor }, ownedText(text, encodingOf(type)))
}

/** The cache holds text, and Arrow is not UTF-8. */
const encodingOf = (type: AnswerType): 'utf8' | 'base64' =>
  type === 'application/vnd.apache.arrow.stream' ? 'base64' : 'utf8'
