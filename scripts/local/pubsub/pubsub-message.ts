// Validates messages like topics.publish of Pub/Sub, with the service's own error texts where they are known.
// https://cloud.google.com/pubsub/docs/reference/rest/v1/PubsubMessage, https://cloud.google.com/pubsub/quotas#resource_limits

/** A message as it is delivered, without its id and time. */
export interface PublishedMessage {
  /** Standard base64; empty for a message without data. */
  readonly data: string
  readonly attributes: Readonly<Record<string, string>>
  readonly orderingKey: string | undefined
}

const MAX_MESSAGES = 1_000
const MAX_ATTRIBUTES = 100
const MAX_KEY_BYTES = 256
const MAX_VALUE_BYTES = 1_024
const MAX_ORDERING_KEY_BYTES = 1_024

/**
 * Returns the messages of a publish request, or the reason why the whole request is INVALID_ARGUMENT: nothing of an invalid request is
 * published.
 */
export function parsePublish(body: unknown): readonly PublishedMessage[] | string {
  const messages = isRecord(body) ? body['messages'] : undefined
  if (messages !== undefined && !Array.isArray(messages)) return "Invalid value at 'messages'"
  const count = messages?.length ?? 0
  if (count < 1)
    return `The value for message_count is too small. You passed ${count} in the request, but the minimum value is 1.`
  if (count > MAX_MESSAGES) {
    return `The value for message_count is too large. You passed ${count} in the request, but the maximum value is ${MAX_MESSAGES}.`
  }
  const parsed: PublishedMessage[] = []
  for (const [index, message] of (messages ?? []).entries()) {
    const one = parseMessage(message, `messages[${index}]`)
    if (typeof one === 'string') return one
    parsed.push(one)
  }
  if (new Set(parsed.map((message) => message.orderingKey)).size > 1) {
    return 'In a single publish request, all messages must have no ordering key or they must all have the same ordering key.'
  }
  return parsed
}

function parseMessage(message: unknown, at: string): PublishedMessage | string {
  if (!isRecord(message)) return `Invalid value at '${at}'`
  const { data = '', attributes = {}, orderingKey } = message
  if (typeof data !== 'string' || !isBase64(data))
    return `Invalid value at '${at}.data' (TYPE_BYTES), Base64 decoding failed`
  const broken = brokenAttributes(attributes, at)
  if (broken !== undefined) return broken
  if (orderingKey !== undefined && !(typeof orderingKey === 'string' && fits(orderingKey, MAX_ORDERING_KEY_BYTES))) {
    return `Invalid value at '${at}.ordering_key': a string of at most ${MAX_ORDERING_KEY_BYTES} bytes`
  }
  if (data === '' && Object.keys(attributes as object).length === 0) {
    return 'One or more messages in the publish request is empty. Each message must contain either non-empty data, or at least one attribute.'
  }
  return {
    data: Buffer.from(data, 'base64').toString('base64'),
    attributes: attributes as Record<string, string>,
    orderingKey: orderingKey || undefined,
  }
}

function brokenAttributes(attributes: unknown, at: string): string | undefined {
  if (!isRecord(attributes)) return `Invalid value at '${at}.attributes'`
  const entries = Object.entries(attributes)
  if (entries.length > MAX_ATTRIBUTES) {
    return `The value for num_attributes is too large. You passed ${entries.length} in the request, but the maximum value is ${MAX_ATTRIBUTES}.`
  }
  for (const [key, value] of entries) {
    if (key === '') return 'Message attribute keys must be non-empty.'
    if (key.startsWith('goog')) return `The attribute key '${key}' is reserved; keys may not begin with 'goog'.`
    if (!fits(key, MAX_KEY_BYTES)) return `An attribute key of '${at}' has more than ${MAX_KEY_BYTES} bytes.`
    if (typeof value !== 'string') return `Invalid value at '${at}.attributes[${key}]' (TYPE_STRING)`
    if (!fits(value, MAX_VALUE_BYTES)) return `The value of attribute '${key}' has more than ${MAX_VALUE_BYTES} bytes.`
  }
  return undefined
}

const fits = (text: string, maxBytes: number): boolean => Buffer.byteLength(text) <= maxBytes

/** Accepts both alphabets, with or without padding, as protobuf's JSON does. */
function isBase64(text: string): boolean {
  const digits = text.replace(/={1,2}$/, '')
  return (
    /^[A-Za-z0-9+/_-]*$/.test(digits) &&
    digits.length % 4 !== 1 &&
    (digits.length === text.length || text.length % 4 === 0)
  )
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
