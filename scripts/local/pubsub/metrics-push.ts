// The subscriptions of metrics-ingest-pubsub to the topics `metrics` and `penstock-suite`, with the settings of Terraform, except for shorter waits.
import { appendFileSync } from 'node:fs'
import { send } from '../../cli/send.ts'
import { SUITE_TENANT } from '../../database/suite-tenant.ts'
import { type StoredMessage, type Subscription, type SubscriptionLimits, subscribe } from './subscription.ts'

const TOPIC = 'metrics'
/** The topic of the suite's own numbers. */
export const SUITE_TOPIC = 'penstock-suite'
export const PUSH_FUNCTION = 'metrics-ingest-pubsub'

/** The default tenant of a topic's messages; with `multi`, a message with the attribute `tenant` belongs to that tenant. */
const PATHS: Readonly<Record<string, string>> = {
  [TOPIC]: '/?tenant=default&multi=1',
  [SUITE_TOPIC]: `/?tenant=${SUITE_TENANT}`,
}
/** The topics that have a subscription. */
export const TOPICS: readonly string[] = Object.keys(PATHS)

const MIB = 1024 * 1024

const LIMITS: SubscriptionLimits = {
  ackDeadlineMs: 60_000,
  // A hundredth of the 10 s and 600 s in the cloud, because a person waits for them here.
  minBackoffMs: 100,
  maxBackoffMs: 6_000,
  maxDeliveryAttempts: 100,
  // A little less than the concurrency of one instance, which is all that runs here.
  maxOutstanding: 64,
  maxPending: 200_000,
  maxPendingBytes: 512 * MIB,
}

export interface MetricsPushDeps {
  readonly project: string
  /** The function's own base URL. */
  readonly url: string
  /** Returns an ID token for the function. */
  readonly token: () => string
  /** The file in place of the dead-letter topic: a line of JSON per message. */
  readonly deadLetterFile: string
  readonly show: (line: string) => void
}

/** Starts to deliver the messages of a topic. */
export function metricsPush(deps: MetricsPushDeps, topic: string): Subscription {
  const deadLetter = (message: StoredMessage, reason: string): void => {
    appendFileSync(deps.deadLetterFile, `${JSON.stringify({ reason, message })}\n`, { mode: 0o600 })
    deps.show(
      `message ${message.messageId} was not taken ${LIMITS.maxDeliveryAttempts} times (${reason}): see ${deps.deadLetterFile}`,
    )
  }
  return subscribe({
    name: `projects/${deps.project}/subscriptions/${topic}-push`,
    push: async (body, options) => {
      const headers = { authorization: `Bearer ${deps.token()}`, 'content-type': 'application/json' }
      return (await send(deps.url + (PATHS[topic] ?? ''), { method: 'POST', headers, body, ...options })).status
    },
    deadLetter,
    limits: LIMITS,
  })
}
