// A push subscription: it delivers each message at least once, repeats until it is acknowledged, and finally makes it a dead letter.
// https://cloud.google.com/pubsub/docs/push, https://cloud.google.com/pubsub/docs/handling-failures
import type { PublishedMessage } from './pubsub-message.ts'

export interface StoredMessage extends PublishedMessage {
  readonly messageId: string
  /** In RFC 3339, to the millisecond. */
  readonly publishTime: string
}

export interface SubscriptionLimits {
  /** A push is aborted when there is no answer within this time; the receiver may continue it during the next delivery. */
  readonly ackDeadlineMs: number
  readonly minBackoffMs: number
  readonly maxBackoffMs: number
  /** A message becomes a dead letter after this many deliveries. */
  readonly maxDeliveryAttempts: number
  /** Maximum concurrent pushes that wait for their answers. */
  readonly maxOutstanding: number
  /** Maximum messages and bytes in memory; more are refused when they are published. */
  readonly maxPending: number
  readonly maxPendingBytes: number
}

export interface SubscriptionDeps {
  /** `projects/local/subscriptions/metrics-push`. */
  readonly name: string
  /** Pushes a body and returns the status of the answer. Rejects when there is none within the time. */
  readonly push: (
    body: string,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) => Promise<number>
  readonly deadLetter: (message: StoredMessage, reason: string) => void
  readonly limits: SubscriptionLimits
}

export interface Subscription {
  /** Accepts messages for delivery, in memory only: pending ones are lost when the suite ends. Returns false when there are too many. */
  take(messages: readonly StoredMessage[]): boolean
  /** Number of messages that are neither acknowledged nor dead letters. */
  pending(): number
  /** Aborts pushes in progress and delivers no more. Safe to repeat. */
  stop(): void
}

interface Delivery {
  readonly message: StoredMessage
  readonly bytes: number
  attempts: number
}

const ACKNOWLEDGING = new Set([102, 200, 201, 202, 204])

/** Makes a subscription that delivers the messages that it is given from then on. */
export function subscribe(deps: SubscriptionDeps): Subscription {
  const { limits } = deps
  const stopped = new AbortController()
  const kept = { messages: 0, bytes: 0 }
  const keep = (messages: number, bytes: number): void => {
    kept.messages += messages
    kept.bytes += bytes
  }
  const add = deliverer(deps, stopped.signal, (delivery) => keep(-1, -delivery.bytes))
  return {
    take(messages) {
      const deliveries = messages.map((message) => ({ message, bytes: sizeOf(message), attempts: 0 }))
      const bytes = deliveries.reduce((sum, delivery) => sum + delivery.bytes, 0)
      if (kept.messages + messages.length > limits.maxPending || kept.bytes + bytes > limits.maxPendingBytes)
        return false
      keep(messages.length, bytes)
      for (const delivery of deliveries) add(delivery)
      return true
    },
    pending: () => kept.messages,
    stop: () => stopped.abort(),
  }
}

/** Processes deliveries with limited concurrency; a failed one is tried again after its back-off, up to its maximum of attempts. */
function deliverer(deps: SubscriptionDeps, stopped: AbortSignal, settled: (delivery: Delivery) => void) {
  const { limits } = deps
  const waiting = new Set<Delivery>()
  let outstanding = 0

  const deliver = async (delivery: Delivery): Promise<void> => {
    delivery.attempts++
    const refusal = await pushOnce(deps, delivery, stopped)
    outstanding--
    pump()
    if (refusal === undefined) return settled(delivery)
    if (stopped.aborted) return
    if (delivery.attempts < limits.maxDeliveryAttempts) {
      const backoffMs = Math.min(limits.minBackoffMs * 2 ** (delivery.attempts - 1), limits.maxBackoffMs)
      setTimeout(() => add(delivery), backoffMs).unref()
      return
    }
    settled(delivery)
    deps.deadLetter(delivery.message, refusal)
  }
  const pump = (): void => {
    for (const next of waiting) {
      if (stopped.aborted || outstanding >= limits.maxOutstanding) return
      waiting.delete(next)
      outstanding++
      void deliver(next)
    }
  }
  const add = (delivery: Delivery): void => {
    waiting.add(delivery)
    pump()
  }
  return add
}

const sizeOf = ({ data, attributes }: StoredMessage): number => data.length + JSON.stringify(attributes).length

/** Returns undefined when the message was acknowledged, and the reason otherwise. */
async function pushOnce(deps: SubscriptionDeps, delivery: Delivery, signal: AbortSignal): Promise<string | undefined> {
  try {
    const body = envelope(deps.name, delivery)
    const status = await deps.push(body, { timeoutMs: deps.limits.ackDeadlineMs, signal })
    return ACKNOWLEDGING.has(status) ? undefined : `status ${status}`
  } catch (error) {
    return (error as Error).message
  }
}

/** Makes the wrapped form, with both spellings of id and time, as the service sends it. */
function envelope(subscription: string, { message, attempts }: Delivery): string {
  const { data, attributes, messageId, publishTime, orderingKey } = message
  return JSON.stringify({
    message: {
      attributes,
      ...(data === '' ? {} : { data }),
      messageId,
      message_id: messageId,
      publishTime,
      publish_time: publishTime,
      ...(orderingKey === undefined ? {} : { orderingKey, ordering_key: orderingKey }),
    },
    subscription,
    deliveryAttempt: attempts,
  })
}
