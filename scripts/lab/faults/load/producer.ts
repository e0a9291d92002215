// The requests of one client of the load. The same seed gives the same requests in the same order.
import { formatTimestamp, MINUTE, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import type { Random } from '../../random.ts'
import { postOf, type Question } from './ask.ts'
import type { PointKey, Wanted } from './ledger.ts'
import { type Opinion, opinion } from './opinion.ts'

export interface Tenant {
  readonly name: string
  /** An API key that writes and reads metrics. */
  readonly apiKey: string
}

/** A request, and the expected state after it was acknowledged. */
export interface Job {
  readonly functionName: string
  readonly question: Question
  readonly wanted: Wanted
  /** Number of distinct points that the answer must count; undefined when the answer has no count. */
  readonly accepted?: number
  /** True when it may be sent again unchanged, because it is stored only once. */
  readonly repeatable: boolean
  /** For feedback: the row whose id the answer has. */
  readonly row?: string
}

/** The proportion of each kind of request, relative to the sum. */
export interface Mix {
  readonly batch: number
  readonly single: number
  readonly stamped: number
  readonly push: number
  readonly poison: number
  readonly read: number
  readonly opinion: number
}

export interface ProducerDeps {
  readonly random: Random
  readonly tenant: Tenant
  /** The client's unique name: only this client writes the keys that begin with it. */
  readonly service: string
  /** The subscription in the pushes' envelopes. */
  readonly subscription: string
  readonly mix: Mix
  /** Returns a value that no other request has. */
  readonly nextValue: () => number
  /** The instant of the newest points, on a full minute; its month is live. */
  readonly base: Micros
  /** Returns months by their first days, some of which are not live yet. */
  readonly months: () => readonly string[]
}

/** Number of a client's keys in one series: few, so that most writes meet an older value. */
const SLOTS = 24
const MOST_POINTS = 30
/** Share of the points that are in other months than the current one. */
const OTHER_MONTHS = 0.35
/** Share of the requests whose keys other clients write at the same time. */
const CONTENDED = 0.2
const SHARED = 'shared'
const BAD_ENTRY = { service_name: '', metric_type: 'bad', metric_value: 'no number', unit: '' }

interface Entry {
  readonly service_name: string
  readonly metric_type: string
  readonly metric_value: number
  readonly unit: string
  readonly timestamp?: string
}

interface Sent {
  readonly points: ReadonlyMap<PointKey, number>
  readonly entries: readonly Entry[]
}

/** Makes a client; each call returns its next request. */
export function createProducer(deps: ProducerDeps): () => Job {
  const kinds = Object.entries(deps.mix).flatMap(([kind, parts]) =>
    Array.from({ length: parts }, () => kind as keyof Mix),
  )
  const makers: Readonly<Record<keyof Mix, () => Job>> = {
    batch: () => batch(deps),
    single: () => single(deps),
    stamped: () => stamped(deps),
    push: () => push(deps),
    poison: () => poison(deps),
    read: () => read(deps),
    opinion: () => feedback(deps),
  }
  return () => makers[deps.random.pick(kinds)]()
}

function batch(deps: ProducerDeps): Job {
  const { points, entries } = someEntries(deps, 1 + deps.random.below(MOST_POINTS))
  const keyed = deps.random.chance(0.2) ? { 'idempotency-key': `key-${deps.nextValue()}` } : undefined
  return {
    functionName: 'metrics-ingest',
    question: post(deps, '/api/v1/monitoring/metrics/batch', entries, { prefer: 'return=minimal', ...keyed }),
    wanted: { points },
    accepted: points.size,
    repeatable: true,
  }
}

function single(deps: ProducerDeps): Job {
  const { points, entries } = someEntries(deps, 1)
  return {
    functionName: 'metrics-ingest',
    question: post(deps, '/api/v1/monitoring/metrics', entries[0], { prefer: 'return=minimal' }),
    wanted: { points },
    accepted: points.size,
    repeatable: true,
  }
}

/** Makes a request without a timestamp; with an idempotency key it may be repeated, without one it is sent once. */
function stamped(deps: ProducerDeps): Job {
  const value = deps.nextValue()
  const repeatable = deps.random.chance(0.7)
  const entry = { service_name: deps.service, metric_type: STAMPED, metric_value: value, unit: '' }
  const headers = repeatable ? { 'idempotency-key': `stamped-${value}` } : undefined
  return {
    functionName: 'metrics-ingest',
    question: post(deps, '/api/v1/monitoring/metrics', entry, { prefer: 'return=minimal', ...headers }),
    wanted: { points: new Map(), stamped: { tenant: deps.tenant.name, service: deps.service, value } },
    accepted: 1,
    repeatable,
  }
}

/** `metric_type` of points without a timestamp. */
export const STAMPED = 'stamped'

function push(deps: ProducerDeps): Job {
  const { points, entries } = someEntries(deps, 1 + deps.random.below(8))
  const bad = deps.random.chance(0.1)
  const id = `m-${deps.nextValue()}`
  return pushed(deps, id, JSON.stringify(bad ? { metrics: [...entries, BAD_ENTRY] } : entries), {
    points,
    ...(bad ? { deadLetter: `${deps.tenant.name} ${id}` } : {}),
  })
}

function poison(deps: ProducerDeps): Job {
  const id = `m-${deps.nextValue()}`
  return pushed(deps, id, 'neither JSON nor a metric', { points: new Map(), deadLetter: `${deps.tenant.name} ${id}` })
}

function pushed(deps: ProducerDeps, messageId: string, data: string, wanted: Wanted): Job {
  const message = { data: Buffer.from(data).toString('base64'), messageId, publishTime: formatTimestamp(deps.base) }
  return {
    functionName: 'metrics-ingest-pubsub',
    question: { ...post(deps, '/', { message, subscription: deps.subscription }), expects: 204 },
    wanted,
    repeatable: true,
  }
}

function read(deps: ProducerDeps): Job {
  const range = `start_time=${formatTimestamp(deps.base)}&end_time=${formatTimestamp(deps.base + SLOTS * MINUTE)}`
  const series = deps.random.chance(0.5) ? `&service_name=${deps.service}` : ''
  const path = deps.random.chance(0.5)
    ? `/api/v1/monitoring/metrics?${range}${series}&limit=100`
    : `/api/v1/monitoring/metrics/aggregate?${range}&service_name=${deps.service}&metric_type=t0&interval=hour`
  return {
    functionName: 'metrics-query',
    question: { method: 'GET', path, headers: { authorization: `Bearer ${deps.tenant.apiKey}` }, expects: 200 },
    wanted: { points: new Map() },
    repeatable: true,
  }
}

function feedback(deps: ProducerDeps): Job {
  const { path, body, fields, row, isShared }: Opinion = opinion(deps)
  // A request that is repeated under its key changes nothing, so for a row that others write too, the last value would be unknown.
  const keyed = !isShared && deps.random.chance(0.3) ? { 'idempotency-key': `opinion-${deps.nextValue()}` } : undefined
  return {
    functionName: 'feedback',
    question: post(deps, path, body, keyed),
    wanted: { points: fields },
    row,
    repeatable: true,
  }
}

function someEntries({ random, tenant, nextValue, ...deps }: ProducerDeps, count: number): Sent {
  const service = random.chance(CONTENDED) ? SHARED : deps.service
  const points = new Map<PointKey, number>()
  const entries = Array.from({ length: count }, (): Entry => {
    const months = deps.months()
    const from = months.length > 0 && random.chance(OTHER_MONTHS) ? monthStart(random.pick(months)) : deps.base
    const at = from + random.below(SLOTS) * MINUTE
    const type = `t${random.below(3)}`
    const value = nextValue()
    points.set(`${tenant.name} ${service} ${type} ${at}`, value)
    return { service_name: service, metric_type: type, metric_value: value, unit: '', timestamp: formatTimestamp(at) }
  })
  return { points, entries }
}

function post({ tenant }: ProducerDeps, path: string, body: unknown, headers: Record<string, string> = {}): Question {
  return postOf(tenant.apiKey, path, body, headers)
}
