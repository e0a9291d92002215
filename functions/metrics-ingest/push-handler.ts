// The rules of ingest over Pub/Sub: acknowledged is stored or kept as a dead letter; trouble of ours is never acknowledged.
import { createHash } from 'node:crypto'
import type { PenstockDatabase } from '@penstock/shared/database.ts'
import { logger } from '@penstock/shared/logger.ts'
import { entriesIn } from '@penstock/shared/metric.ts'
import type { ServicePrincipal, Tenant, TenantPrincipal } from '@penstock/shared/principal.ts'
import { Problem } from '@penstock/shared/problem.ts'
import { type NoMessage, type PushMessage, parseJson, readPush, toEnvelope } from '@penstock/shared/push-message.ts'
import type { FindTenant } from '@penstock/shared/tenants.ts'
import type { Micros } from '@penstock/shared/time.ts'
import { invalidRequest } from '@penstock/shared/validation.ts'
import { judgeEntries, type Rejection } from '@penstock/shared/verdicts.ts'
import { type DeadLetter, keepDeadLetter } from './dead-letter-queries.ts'
import { ingestForeign } from './foreign.ts'
import { foreignDecoder } from './foreign-message.ts'
import { type IngestDeps, writtenOrThrow } from './handler.ts'
import { placeOnSeries, withExpired } from './placement.ts'
import type { WriteOutcome } from './writer.ts'

export interface PushDeps extends IngestDeps {
  readonly db: Pick<PenstockDatabase, 'inTenant' | 'inTransaction'>
  readonly findTenant: FindTenant
}

export interface Push {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  /** `?tenant=` and `?multi=1` of the URL, set where the subscription is made. */
  readonly tenant: string | undefined
  readonly multiTenant: boolean
}

/**
 * Takes one push. Resolves when the message may be acknowledged: its points are committed, or it is kept as a dead letter.
 * Safe to repeat: a redelivery writes the same points, and one dead letter.
 * @throws {Problem} 422 when the subscription names no tenant; 503 when the database is not available. Both: it comes again.
 */
export async function takePush(deps: PushDeps, caller: TenantPrincipal | ServicePrincipal, push: Push): Promise<void> {
  const message = readPush(push.headers, push.body)
  const whole = wholeMessage(push, message)
  const named = tenantName(caller, push, message)
  const tenant = caller.kind === 'tenant' ? { ...caller.tenant, suspended: false } : await deps.findTenant(named)
  const letter = (
    tenantId: number | null,
    reason: string,
    detail: string,
    content: Pick<DeadLetter, 'payload' | 'contentType'> = whole,
  ) =>
    keep(deps, {
      tenantId,
      source: `pubsub:${indexable(message.subscription)}`,
      messageId: message.messageId === null ? hashOf(push.body) : indexable(message.messageId),
      reason,
      detail,
      ...content,
    })

  const foreign = 'reason' in message ? undefined : foreignDecoder(message)
  if (!tenant) await letter(null, 'unknown_tenant', `there is no tenant ${JSON.stringify(named.slice(0, 100))}`)
  else if (tenant.suspended) await letter(tenant.id, 'tenant_suspended', `the tenant ${tenant.name} is suspended`)
  else if ('reason' in message) await letter(tenant.id, message.reason, message.detail)
  else if (foreign) {
    const refusal = await storeForeign(deps, tenant, message, foreign)
    if (refusal) await letter(tenant.id, refusal.reason, refusal.detail)
  } else {
    const read = readEntries(message)
    if ('reason' in read) await letter(tenant.id, read.reason, read.detail)
    else {
      const { entries } = read
      const refused = await storeEntries(deps, tenant, message, entries)
      const [first] = refused
      if (first) {
        const content =
          refused.length === entries.length
            ? whole
            : (refusedEntries(message, entries, refused, deps.now() * 1000) ?? whole)
        await letter(tenant.id, first.code, `${refused.length} of ${entries.length} entries: ${first.detail}`, content)
      }
    }
  }
}

/** What one message may hold: more is more than an instance's memory has room for when each is refused. */
const MAX_ENTRIES = 100_000
/** Up to here entries may be as small as they like: as many as a batch over HTTP has. */
const MANY_ENTRIES = 10_000
/** The smallest metric has 63 bytes. Entries that are not half as large are none, and take twenty times their size as values. */
const MIN_ENTRY_BYTES = 32

/** The entries of a message, or why it is kept whole; then nothing holds them any more. */
function readEntries({ data }: PushMessage): { readonly entries: readonly unknown[] } | Unreadable {
  const entries = entriesIn(parseJson(data))
  if (!entries) {
    const detail = 'the data is no metric, no array of metrics and no { "metrics": [...] }, or holds too many values'
    return { reason: 'not_metrics', detail }
  }
  const isMany = entries.length > MANY_ENTRIES && entries.length > data.length / MIN_ENTRY_BYTES
  if (entries.length <= MAX_ENTRIES && !isMany) return { entries }
  return { reason: 'too_many_metrics', detail: `the message has ${entries.length} entries in ${data.length} bytes` }
}

/**
 * What is kept of a message that is refused whole: the push as it came; of one whose attributes came as headers an envelope with all of
 * them, so that nothing is lost and it can be pushed again.
 */
function wholeMessage(push: Push, message: PushMessage | NoMessage): Pick<DeadLetter, 'payload' | 'contentType'> {
  const contentType = String(push.headers['content-type'] ?? 'application/octet-stream')
  if ('reason' in message || message.isWrapped) return { payload: push.body, contentType }
  return { payload: Buffer.from(JSON.stringify(toEnvelope(message))), contentType: 'application/json' }
}

/** An API key decides the tenant; else the subscription does, and the publisher only where the subscription lets it. */
function tenantName(caller: TenantPrincipal | ServicePrincipal, push: Push, message: PushMessage | NoMessage): string {
  if (caller.kind === 'tenant') return caller.tenant.name
  const attribute = push.multiTenant && 'attributes' in message ? message.attributes['tenant'] : undefined
  const name = attribute ?? push.tenant
  if (name !== undefined) return name
  throw invalidRequest([{ pointer: '?tenant', detail: 'is needed in the URL of a push subscription' }])
}

/** Why a message is kept whole. */
interface Unreadable {
  readonly reason: string
  readonly detail: string
}

/** Stores what can be stored; why the message has to be kept, whole, when that is not all. */
async function storeForeign(
  deps: PushDeps,
  tenant: Tenant,
  message: PushMessage,
  decode: NonNullable<ReturnType<typeof foreignDecoder>>,
): Promise<Unreadable | undefined> {
  const now = deps.now() * 1000
  const first = firstStamp(message, now)
  try {
    const { rejections } = await ingestForeign(deps, tenant, { now, stamp: (index) => first + index }, decode)
    const [rejection] = rejections
    return rejection && { reason: rejection.code, detail: `${rejections.length} values refused: ${rejection.detail}` }
  } catch (error) {
    if (error instanceof Problem && error.kind.status < 500) return { reason: 'undecodable', detail: error.detail }
    throw error
  }
}

async function storeEntries(
  deps: PushDeps,
  tenant: Tenant,
  message: PushMessage,
  entries: readonly unknown[],
): Promise<readonly Rejection[]> {
  const now = deps.now() * 1000
  const first = firstStamp(message, now)
  const judged = judgeEntries(entries, tenant, deps.limits, { now, stamp: (index) => first + index })
  const { placed, rejections } = await placeOnSeries(deps.resolveSeries, tenant, judged.points, judged.rejections)
  if (placed.length === 0) return rejections
  const outcome = await deps.store(tenant.id, { points: placed, strict: false, idempotency: null })
  return withExpired(rejections, writtenOrThrow(outcome as Exclude<WriteOutcome, { kind: 'repeated' }>).expired)
}

/**
 * The instant of a message's first entry without a timestamp: publish time plus a hash of the message id modulo 1,000 in microseconds;
 * the entry's index is added to it. Distinct inside a message, and the same on every redelivery. A subscription that sends neither
 * along leaves us our own clock and a hash of the data.
 */
function firstStamp(message: PushMessage, now: Micros): Micros {
  const hash = createHash('sha256')
    .update(message.messageId ?? message.data)
    .digest()
  return (message.publishedAt ?? now) + (hash.readUInt32BE() % 1_000)
}

/** Above it the message itself takes less memory than what could be said of them. */
const MAX_REFUSED = 1_000

/**
 * What is kept when only some entries were refused: those entries, each with its place, and what the message said beside its data.
 * Undefined when they are too many, or one is nested deeper than can be written as JSON, though it could be read.
 */
function refusedEntries(message: PushMessage, entries: readonly unknown[], refused: readonly Rejection[], now: Micros) {
  if (refused.length > MAX_REFUSED) return undefined
  const { attributes, messageId, publishedAt, subscription } = message
  const payload = {
    message: { attributes, messageId, publishedAt },
    subscription,
    // The instant of an entry without a timestamp is this and its index, in microseconds since 1970.
    first_stamp: firstStamp(message, now),
    entries: refused.map(({ index, code, detail }) => ({ index, code, detail, entry: entries[index] })),
  }
  try {
    return { payload: Buffer.from(JSON.stringify(payload)), contentType: 'application/json' }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Longer than any id or name of Pub/Sub; three times as much, twice, still fits a btree. */
const MAX_INDEXED_BYTES = 400

/** A text that fits an index; what is too long is told apart by its hash. */
const indexable = (text: string): string =>
  Buffer.byteLength(text) <= MAX_INDEXED_BYTES ? text : `${text.slice(0, 40)}… ${hashOf(text)}`

const hashOf = (data: string | Buffer): string => `sha256:${createHash('sha256').update(data).digest('hex')}`

async function keep(deps: PushDeps, letter: DeadLetter): Promise<void> {
  const unit = deps.db
  if (letter.tenantId === null) await unit.inTransaction(async (tx) => await keepDeadLetter(tx, letter))
  else await unit.inTenant(letter.tenantId, async (tx) => await keepDeadLetter(tx, letter))
  logger.warn({ reason: letter.reason, source: letter.source, message_id: letter.messageId }, 'pubsub.dead_letter')
}
