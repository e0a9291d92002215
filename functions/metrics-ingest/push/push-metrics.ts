// A message in Penstock's own JSON: its entries are stored, and those that are rejected become a dead letter.

import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { inPieces } from '@penstock/shared/base/unhurried.ts'
import { type PushMessage, parseJsonUnhurried } from '@penstock/shared/http/push-message.ts'
import { entriesIn } from '@penstock/shared/points/metric.ts'
import type { Rejection } from '@penstock/shared/points/verdicts.ts'
import { messageArrival, storeArrived } from '../arrival.ts'
import type { IngestDeps } from '../deps.ts'
import { judgeMetrics } from '../judge-metrics.ts'
import { scanMetrics } from '../scan-metrics.ts'
import type { Content, Refusal } from './dead-letters.ts'

/**
 * Stores a message's metrics. Returns undefined when all were stored; otherwise the dead letter to retain: the whole message if it is not
 * metrics, else only the rejected entries. Safe to repeat.
 * @throws {Problem} 503 when the database is not available.
 */
export async function storeMetrics(
  deps: IngestDeps,
  tenant: Tenant,
  message: PushMessage,
): Promise<Refusal | undefined> {
  const arrival = messageArrival(deps, message)
  const memory = deps.series.memoryOf(tenant)
  const context = { tenant, limits: deps.limits, now: arrival.now, memory }
  const scanned = await inPieces(scanMetrics(context, message.data))
  const read = scanned ? undefined : await readEntries(message)
  if (read && 'reason' in read) return read
  const { points, rejections } = scanned ?? (await judgeMetrics(context, read?.entries ?? []))
  const refused = [...rejections, ...(await storeArrived(deps, tenant, points, arrival, 0))].toSorted(byIndex)
  const [first] = refused
  if (!first) return undefined
  const { entries } = read ?? ((await readEntries(message)) as { readonly entries: readonly unknown[] })
  const why = {
    reason: first.code,
    detail: `${refused.length} of ${entries.length} entries were rejected: ${first.detail}`,
  }
  return refused.length === entries.length ? why : { ...why, content: contentOf(message, entries, refused) }
}

const byIndex = (a: Rejection, b: Rejection): number => a.index - b.index

/** Maximum entries of one message: rejections of more would exceed an instance's memory. */
const MAX_ENTRIES = 100_000
/** Up to this number entries may be of any size: as many as a batch over HTTP has. */
const MANY_ENTRIES = 10_000
/**
 * The smallest metric has 63 bytes. Entries of less than half that size cannot be metrics, and take twenty times their size as values.
 */
const MIN_ENTRY_BYTES = 32

/** Returns the entries of a message, or the reason for which the whole message becomes a dead letter. */
async function readEntries({ data }: PushMessage): Promise<{ readonly entries: readonly unknown[] } | Refusal> {
  const entries = entriesIn(await parseJsonUnhurried(data))
  if (!entries) {
    const detail =
      'the data is neither a metric nor an array of metrics nor { "metrics": [...] }, or it has too many values'
    return { reason: 'not_metrics', detail }
  }
  const isMany = entries.length > MANY_ENTRIES && entries.length > data.length / MIN_ENTRY_BYTES
  if (entries.length <= MAX_ENTRIES && !isMany) return { entries }
  return { reason: 'too_many_metrics', detail: `the message has ${entries.length} entries in ${data.length} bytes` }
}

/** Above this number the message itself takes less memory than its rejections would. */
const MAX_REFUSED = 1_000

/**
 * Returns the refused entries with their indexes, and the message's attributes. Returns undefined when there are too many, or one is
 * nested too deeply to be written as JSON again: the whole message is stored then.
 */
function contentOf(
  { attributes, messageId, publishedAt, subscription }: PushMessage,
  entries: readonly unknown[],
  refused: readonly Rejection[],
): Content | undefined {
  if (refused.length > MAX_REFUSED) return undefined
  const payload = {
    message: { attributes, messageId, publishedAt },
    subscription,
    entries: refused.map(({ index, code, detail }) => ({ index, code, detail, entry: entries[index] })),
  }
  try {
    return { payload: Buffer.from(JSON.stringify(payload)), contentType: 'application/json' }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
