// Reads the message of a Pub/Sub push in each form that a subscription can send: wrapped, unwrapped, or as a CloudEvent.
// https://cloud.google.com/pubsub/docs/push, https://cloud.google.com/pubsub/docs/payload-unwrapping
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
import { formatTimestamp, type Micros, parseTimestamp } from '../base/time.ts'
import { hasTooManyValues } from '../base/value-count.ts'
import { parseUnhurried } from './validation.ts'

export interface PushMessage {
  /** The payload that the publisher sent. */
  readonly data: Buffer
  readonly attributes: Readonly<Record<string, string>>
  /** Null when the subscription does not send it. */
  readonly messageId: string | null
  readonly publishedAt: Micros | null
  readonly subscription: string
  /** True when the push's body is an envelope with all these fields. */
  readonly isWrapped: boolean
}

/** The reason why the body of a push holds no message. */
export interface NoMessage {
  readonly reason: 'not_json' | 'not_an_envelope' | 'no_data'
  readonly detail: string
  readonly messageId: string | null
  readonly subscription: string
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

const UNKNOWN_SUBSCRIPTION = 'unknown'

/** Returns the message of a push. Never throws, whatever the bytes are. */
export function readPush(headers: Headers, body: Buffer): PushMessage | NoMessage {
  return hasMetadata(headers) ? unwrapped(headers, body) : fromJson(headers, body, tryParseJson(body))
}

/** Like `readPush`, but a large push does not block the CPU. */
export async function readPushUnhurried(headers: Headers, body: Buffer): Promise<PushMessage | NoMessage> {
  return hasMetadata(headers) ? unwrapped(headers, body) : fromJson(headers, body, await parseJsonUnhurried(body))
}

/** Without a wrapper, the metadata of a message are sent as headers. */
const hasMetadata = (headers: Headers): boolean => text(headers['x-goog-pubsub-message-id']) !== null

function fromJson(headers: Headers, body: Buffer, parsed: unknown): PushMessage | NoMessage {
  if (parsed === undefined) return noMessage('not_json', 'the push is not valid JSON, or it has too many values')
  if (/^application\/cloudevents\+json\b/i.test(text(headers['content-type']) ?? ''))
    return fromEnvelope(member(parsed, 'data'))
  // Without a wrapper and without metadata, the body is the payload itself.
  if (text(headers['ce-specversion']) === null && !isObject(member(parsed, 'message'))) return unwrapped(headers, body)
  return fromEnvelope(parsed)
}

function unwrapped(headers: Headers, body: Buffer): PushMessage | NoMessage {
  const subscription = text(headers['x-goog-pubsub-subscription-name']) ?? UNKNOWN_SUBSCRIPTION
  const messageId = text(headers['x-goog-pubsub-message-id'])
  if (body.length === 0) return noMessage('no_data', 'the message has no data', messageId, subscription)
  const attributes = Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
  return {
    data: body,
    // A message's attributes are sent as headers and cannot be distinguished from others, so only known names are read.
    attributes: pick(attributes, ['tenant', 'content-type', 'precision']),
    messageId,
    publishedAt: instant(text(headers['x-goog-pubsub-publish-time'])),
    subscription,
    isWrapped: false,
  }
}

/** `{ message: { data, attributes, messageId, publishTime }, subscription }`; older fields are spelt message_id and publish_time. */
function fromEnvelope(envelope: unknown): PushMessage | NoMessage {
  const message = member(envelope, 'message')
  const subscription = text(member(envelope, 'subscription')) ?? UNKNOWN_SUBSCRIPTION
  if (!isObject(message)) return noMessage('not_an_envelope', 'the push has no message', null, subscription)
  const messageId = text(member(message, 'messageId')) ?? text(member(message, 'message_id'))
  const data = text(member(message, 'data'))
  if (data === null || data === '') return noMessage('no_data', 'the message has no data', messageId, subscription)
  const attributes = member(message, 'attributes')
  return {
    data: Buffer.from(data, 'base64'),
    attributes: isObject(attributes) ? stringsOf(attributes) : {},
    messageId,
    publishedAt: instant(text(member(message, 'publishTime')) ?? text(member(message, 'publish_time'))),
    subscription,
    isWrapped: true,
  }
}

/** Returns the envelope of a wrapped push with this message. */
export function toEnvelope({ data, attributes, messageId, publishedAt, subscription }: Omit<PushMessage, 'isWrapped'>) {
  return {
    message: {
      data: data.toString('base64'),
      attributes,
      ...(messageId === null ? {} : { messageId }),
      ...(publishedAt === null ? {} : { publishTime: formatTimestamp(publishedAt) }),
    },
    subscription,
  }
}

const noMessage = (
  reason: NoMessage['reason'],
  detail: string,
  messageId: string | null = null,
  subscription = UNKNOWN_SUBSCRIPTION,
): NoMessage => ({ reason, detail, messageId, subscription })

/** Parses JSON in UTF-8 without blocking the CPU; undefined when it is invalid or has too many values. */
export async function parseJsonUnhurried(bytes: Buffer): Promise<unknown> {
  return await parseUnhurried(bytes).catch(() => undefined)
}

/** Parses JSON in UTF-8; undefined when it is invalid or has too many values. */
function tryParseJson(bytes: Buffer): unknown {
  if (hasTooManyValues(bytes)) return undefined
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const member = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const instant = (value: string | null): Micros | null => (value === null ? null : (parseTimestamp(value) ?? null))

const stringsOf = (object: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(object).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )

const pick = (object: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (object[name] === undefined ? [] : [[name, object[name]]])))
