// Delivers the same message, and the same request, again while the first attempt still runs.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatTimestamp, type Micros, SECOND } from '@penstock/shared/base/time.ts'
import { send } from '../../../cli/send.ts'
import { audienceOf, PUBSUB_EMAIL } from '../../../local/function-environment.ts'
import { type StoredMessage, type SubscriptionLimits, subscribe } from '../../../local/pubsub/subscription.ts'
import { type Arena, type Fault, type Inflicted, USUAL_LOAD, USUAL_SIZES } from '../fault.ts'
import { ask } from '../load/ask.ts'
import type { Wanted } from '../load/ledger.ts'
import { STAMPED } from '../load/producer.ts'
import { NO_TROUBLE } from '../stand/database-proxy.ts'

const PUSH_FUNCTION = 'metrics-ingest-pubsub'
const SERVICE = 'redelivered'
const BAD = 'no metric'
/** Delay of every answer of the server, so that a message takes longer than its acknowledgement deadline. */
const DELAY_MS = 120
/** The deadline after the server is fast again. */
const LATER_ACK_DEADLINE_MS = 10_000
const LIMITS = {
  ackDeadlineMs: 400,
  minBackoffMs: 20,
  maxBackoffMs: 200,
  maxDeliveryAttempts: 1_000,
  maxOutstanding: 64,
  maxPending: 10_000,
  maxPendingBytes: 64 * 1024 * 1024,
}
const SETTLED_MS = 30_000

export const redeliver: Fault = {
  name: 'redelivery',
  tries: 'Pub/Sub delivers again, and clients repeat an idempotency key, while the first attempt still runs',
  // With connections for two instances, so that a redelivery also reaches the other one.
  stand: { tier: 'standard' },
  sizes: { ...USUAL_SIZES, 'metrics-ingest-pubsub': 2 },
  way: 'proxied',
  load: { ...USUAL_LOAD, clients: 6 },
  monthsPass: false,
  async inflict(arena: Arena): Promise<Inflicted> {
    const { proxy, short } = arena
    proxy.trouble.delayMs = DELAY_MS
    const limits = { ...LIMITS }
    const slow = sleep(short ? 3_000 : 15_000).then(() => {
      Object.assign(proxy.trouble, NO_TROUBLE)
      limits.ackDeadlineMs = LATER_ACK_DEADLINE_MS
      return performance.now()
    })
    const [messages, requests, at] = await Promise.all([
      redeliverMessages(arena, limits, short ? 60 : 600),
      repeatRequests(arena, short ? 8 : 60),
      slow,
    ])
    return {
      times: messages.deliveries + requests.posts,
      lifts: [{ at }],
      complaints: [...messages.complaints, ...requests.complaints],
      note: `${messages.sent} messages delivered ${messages.deliveries} times, ${requests.keys} keys sent ${requests.posts} times`,
    }
  },
}

async function redeliverMessages({ fleet, world, load, tenants }: Arena, limits: SubscriptionLimits, count: number) {
  const complaints: string[] = []
  let deliveries = 0
  const subscription = subscribe({
    name: 'projects/faults/subscriptions/redelivered',
    async push(body, options) {
      deliveries++
      const { port } = await fleet.route(PUSH_FUNCTION)
      const authorization = `Bearer ${world.issuer.token(audienceOf(PUSH_FUNCTION), PUBSUB_EMAIL)}`
      const headers = { authorization, 'content-type': 'application/json' }
      const url = `http://127.0.0.1:${port}/?tenant=default&multi=1`
      return (await send(url, { method: 'POST', headers, body, ...options })).status
    },
    deadLetter: ({ messageId }, reason) => complaints.push(`message ${messageId} was given up: ${reason}`),
    limits,
  })
  const messages = Array.from({ length: count }, (_, i) => message(tenants[i % tenants.length]?.name ?? '', i))
  const attempts = messages.map(({ wanted }) => ({ wanted, attempt: load.ledger.begin(wanted) }))
  subscription.take(messages.map(({ stored }) => stored))
  const deadline = performance.now() + SETTLED_MS + 60_000
  while (subscription.pending() > 0 && performance.now() < deadline) await sleep(50)
  if (subscription.pending() > 0) complaints.push(`${subscription.pending()} messages were never acknowledged`)
  else for (const { wanted, attempt } of attempts) load.ledger.end(wanted, attempt, 'acknowledged')
  subscription.stop()
  return { sent: count, deliveries, complaints }
}

/**
 * Three points with timestamps (points without one are tested separately), and in every fifth message an entry that can never be stored.
 */
function message(tenant: string, index: number): { readonly stored: StoredMessage; readonly wanted: Wanted } {
  const messageId = `redelivered-${tenant}-${index}`
  const publishedAt = (Math.floor(Date.now() / 1000) - 3_600 + index) * SECOND
  const metric = { service_name: SERVICE, metric_type: 'm', unit: '' }
  const at = (place: number): Micros => publishedAt - (place + 1) * 7
  const entries = [
    { ...metric, metric_value: index, timestamp: formatTimestamp(at(0)) },
    { ...metric, metric_value: index, timestamp: formatTimestamp(at(1)) },
    { ...metric, metric_value: index, timestamp: formatTimestamp(at(2)) },
    ...(index % 5 === 0 ? [BAD] : []),
  ]
  const key = (instant: Micros): string => `${tenant} ${SERVICE} m ${instant}`
  return {
    stored: {
      messageId,
      publishTime: formatTimestamp(publishedAt),
      data: Buffer.from(JSON.stringify(entries)).toString('base64'),
      attributes: { tenant },
      orderingKey: undefined,
    },
    wanted: {
      points: new Map([at(0), at(1), at(2)].map((instant) => [key(instant), index])),
      ...(index % 5 === 0 ? { deadLetter: `${tenant} ${messageId}` } : {}),
    },
  }
}

async function repeatRequests({ fleet, load, tenants }: Arena, keys: number) {
  const complaints: string[] = []
  let posts = 0
  const once = async (index: number): Promise<void> => {
    const { name, apiKey } = tenants[index % tenants.length] ?? { name: '', apiKey: '' }
    const value = -1 - index
    const wanted = { points: new Map(), stamped: { tenant: name, service: SERVICE, value } }
    const idempotencyKey = randomUUID()
    const body = JSON.stringify({ service_name: SERVICE, metric_type: STAMPED, metric_value: value, unit: '' })
    const headers = {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
    }
    const post = async (): Promise<string> => {
      for (;;) {
        posts++
        const attempt = load.ledger.begin(wanted)
        const { http } = await fleet.route('metrics-ingest')
        const answer = await ask(http, {
          method: 'POST',
          path: '/api/v1/monitoring/metrics',
          headers,
          body,
          expects: 200,
        })
        load.ledger.end(wanted, attempt, answer.kind === 'acknowledged' ? 'acknowledged' : 'unknown')
        if (answer.kind === 'acknowledged') return answer.body
        if (answer.kind !== 'busy' && answer.kind !== 'running') throw new Error(`${answer.kind}: ${answer.why}`)
        await sleep(100)
      }
    }
    const answers = new Set(await Promise.all(Array.from({ length: 10 }, post)))
    if (answers.size > 1) complaints.push(`one idempotency key was answered in ${answers.size} ways`)
  }
  for (let index = 0; index < keys; index++) await once(index)
  return { keys, posts, complaints }
}
