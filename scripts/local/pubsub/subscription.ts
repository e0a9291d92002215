// A push subscription: delivers each message at least once, again and again until it is acknowledged, then gives it up as a dead letter.
// https://cloud.google.com/pubsub/docs/push, https://cloud.google.com/pubsub/docs/handling-failures
import type { PublishedMessage } from './pubsub-message.ts'

export interface StoredMessage extends PublishedMessage {
  readonly messageId: string
  /** RFC 3339, to the millisecond. */
  readonly publishTime: string
}

export interface SubscriptionLimits {
  /** A push is called off when there is no answer by then; what the receiver had begun goes on there, beside the next delivery. */
  readonly ackDeadlineMs: number
  readonly minBackoffMs: number
  readonly maxBackoffMs: number
  /** After as many deliveries a message is a dead letter. */
  readonly maxDeliveryAttempts: number
  /** Pushes that wait for their answers at a time. */
  readonly maxOutstanding: number
  /** Messages and bytes that are kept; more are refused when they are published. */
  readonly maxPending: number
  readonly maxPendingBytes: number
}

export interface SubscriptionDeps {
  /** `projects/local/subscriptions/metrics-push`. */
  readonly name: string
  /** Pushes a body and gives the status of the answer. Rejects when there is none within the time. */
  readonly push: (
    body: string,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) => Promise<number>
  readonly deadLetter: (message: StoredMessage, reason: string) => void
  readonly limits: SubscriptionLimits
}

export interface Subscription {
  /** Takes messages to deliver, in memory alone: what is pending when the suite ends is lost. False when they are too many. */
  take(messages: readonly StoredMessage[]): boolean
  /** Messages that are neither acknowledged nor dead letters. */
  pending(): number
  /** Calls off what is under way and delivers no more. Safe to repeat. */
  stop(): void
}

interface Delivery {
  readonly message: StoredMessage
  readonly bytes: number
  attempts: number
}

const ACKNOWLEDGING = new Set([102, 200, 201, 202, 204])

/** A subscription that delivers what it is given from then on. */
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

/** Works through deliveries, so many at a time; one that fails comes back after its back-off, until it has had its attempts. */
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

/** Undefined: acknowledged. Otherwise why not. */
async function pushOnce(deps: SubscriptionDeps, delivery: Delivery, signal: AbortSignal): Promise<string | undefined> {
  try {
    const body = envelope(deps.name, delivery)
    const status = await deps.push(body, { timeoutMs: deps.limits.ackDeadlineMs, signal })
    return ACKNOWLEDGING.has(status) ? undefined : `status ${status}`
  } catch (error) {
    return (error as Error).message
  }
}

/** The wrapped form, with both spellings of id and time, as the service sends it. */
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
