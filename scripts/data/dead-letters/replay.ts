// Replays a dead letter through the function that refused it, with the same decoding and the same write path.
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { Client } from 'pg'
import { findSuccessor, type Letter, markReplaying, removeLetters } from './store.ts'

export interface ReplayDeps {
  readonly client: Client
  /** URL of metrics-ingest-pubsub. */
  readonly url: string
  /** Returns an API key of a tenant that may write metrics. */
  readonly keyOf: (tenant: string) => Promise<string>
}

export type Replayed =
  /** Everything in the letter is stored, and the letter is deleted. */
  | { readonly kind: 'stored' }
  /** The entries that are still refused are in a new letter, and this one is deleted. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Nothing was changed. */
  | { readonly kind: 'failed'; readonly detail: string }

const PUSH_MS = 60_000

/**
 * Replays one letter. It is deleted only after the function has committed its content; the function itself stores what is refused again.
 * Safe to repeat and to interrupt: an interrupted letter is replayed like any other.
 */
export async function replayLetter(deps: ReplayDeps, letter: Letter, tenant: string): Promise<Replayed> {
  const key = await deps.keyOf(tenant)
  await markReplaying(deps.client, letter, true)
  const refusal = await push(deps.url, key, toPush(letter))
  if (refusal !== undefined) {
    await markReplaying(deps.client, letter, false)
    return { kind: 'failed', detail: refusal }
  }
  const successor = await findSuccessor(deps.client, letter, tenant)
  await removeLetters(deps.client, [letter.id])
  return successor ? { kind: 'refused', detail: `letter ${successor.id}: ${successor.detail}` } : { kind: 'stored' }
}

interface PushBody {
  readonly type: string
  readonly body: Buffer
}

/** Resolves to undefined when the push was acknowledged, and to the reason otherwise. */
async function push(url: string, key: string, { type, body }: PushBody): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': type },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(PUSH_MS),
    })
    const answer = await response.text()
    return response.status === 204 ? undefined : `${response.status} ${answer.slice(0, 300)}`
  } catch (error) {
    return `no answer from ${url}: ${(error as Error).message}`
  }
}

interface RefusedEntries {
  readonly message: {
    readonly attributes: object
    readonly messageId: string | null
    /** Microseconds since 1970. */
    readonly publishedAt: number | null
  }
  readonly subscription: string
  /** Letters of earlier releases have the instants for entries without timestamps: this one plus the entry's index. */
  readonly first_stamp?: number
  readonly entries: readonly { readonly index: number; readonly entry: unknown }[]
}

/**
 * Makes the push that a letter came from. For refused entries it is a message with only these, under the original id and publish time.
 */
function toPush({
  content_type,
  payload,
  message_id,
}: Pick<Letter, 'content_type' | 'payload' | 'message_id'>): PushBody {
  const refused = refusedEntriesOf(payload)
  if (!refused) return { type: content_type, body: payload }
  const { message, subscription, first_stamp, entries } = refused
  const metrics = entries.map(({ index, entry }) =>
    first_stamp === undefined ? entry : withStamp(entry, first_stamp + index),
  )
  const data = Buffer.from(JSON.stringify(metrics)).toString('base64')
  // The content type of the message is omitted, because the entries are already decoded.
  const { ['content-type']: _, ...attributes } = message.attributes as Record<string, unknown>
  const published = typeof message.publishedAt === 'number' ? { publishTime: formatTimestamp(message.publishedAt) } : {}
  const envelope = {
    message: { data, attributes, messageId: message.messageId ?? message_id, ...published },
    subscription,
  }
  return { type: 'application/json', body: Buffer.from(JSON.stringify(envelope)) }
}

function refusedEntriesOf(payload: Buffer): RefusedEntries | undefined {
  try {
    const parsed: unknown = JSON.parse(payload.toString('utf8'))
    const { entries, message, subscription } = parsed as Partial<Record<keyof RefusedEntries, unknown>>
    const isRefused = Array.isArray(entries) && typeof subscription === 'string' && hasPublishTime(message)
    return isRefused ? (parsed as RefusedEntries) : undefined
  } catch {
    return undefined
  }
}

/** Distinguishes a message from a push without an envelope, whose data may be any JSON. */
const hasPublishTime = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'publishedAt' in message && 'messageId' in message

function withStamp(entry: unknown, us: number): unknown {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry
  const { timestamp } = entry as { timestamp?: unknown }
  if (timestamp !== undefined && timestamp !== null) return entry
  return { ...entry, timestamp: formatTimestamp(us) }
}
