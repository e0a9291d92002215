import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  type StoredMessage,
  type Subscription,
  type SubscriptionDeps,
  type SubscriptionLimits,
  subscribe,
} from './subscription.ts'

const limits: SubscriptionLimits = {
  ackDeadlineMs: 5_000,
  minBackoffMs: 1,
  maxBackoffMs: 4,
  maxDeliveryAttempts: 5,
  maxOutstanding: 3,
  maxPending: 10,
  maxPendingBytes: 1_000,
}

interface Pushed {
  readonly message: { readonly data?: string; readonly attributes: Record<string, string>; readonly messageId: string }
  readonly subscription: string
  readonly deliveryAttempt: number
}

test('a message is pushed as an envelope with both spellings of its id and time', async () => {
  const { subscription, pushes } = start(async () => 204)
  subscription.take([message('7', { orderingKey: 'k' })])

  await expect.poll(() => subscription.pending()).toBe(0)
  expect(pushes).toEqual([
    {
      message: {
        data: 'Nw==',
        attributes: { a: 'b' },
        messageId: '7',
        message_id: '7',
        publishTime: '2026-11-20T17:09:01.123Z',
        publish_time: '2026-11-20T17:09:01.123Z',
        orderingKey: 'k',
        ordering_key: 'k',
      },
      subscription: 'projects/local/subscriptions/metrics-push',
      deliveryAttempt: 1,
    },
  ])
})

test('a message of attributes alone has no data in its envelope', async () => {
  const { subscription, pushes } = start(async () => 204)
  subscription.take([message('7', { data: '' })])

  await expect.poll(() => subscription.pending()).toBe(0)
  expect(pushes[0]?.message).not.toHaveProperty('data')
})

test.each([102, 200, 201, 202, 204])('%d acknowledges', async (status) => {
  const { subscription, pushes } = start(async () => status)
  subscription.take([message('1')])

  await expect.poll(() => subscription.pending()).toBe(0)
  await sleep(20)
  expect(pushes).toHaveLength(1)
})

test.each([203, 301, 400, 401, 429, 500, 503])('%d brings the message again', async (status) => {
  const answers = [status, 204]
  const { subscription, pushes } = start(async () => answers.shift() ?? 204)
  subscription.take([message('1')])

  await expect.poll(() => subscription.pending()).toBe(0)
  expect(pushes.map((push) => push.deliveryAttempt)).toEqual([1, 2])
})

test('a push without an answer brings the message again, and is called off at the ack deadline', async () => {
  const timeouts: number[] = []
  const { subscription, pushes } = start(async (_, { timeoutMs }) => {
    timeouts.push(timeoutMs)
    if (timeouts.length === 1) throw new Error('no answer within 5 s')
    return 204
  })
  subscription.take([message('1')])

  await expect.poll(() => subscription.pending()).toBe(0)
  expect(pushes).toHaveLength(2)
  expect(timeouts).toEqual([5_000, 5_000])
})

test('after its last attempt a message is a dead letter, as it was published', async () => {
  const { subscription, pushes, dead } = start(async () => 503)
  subscription.take([message('1')])

  await expect.poll(() => dead).toHaveLength(1)
  await sleep(20)
  expect(pushes).toHaveLength(5)
  expect(dead).toEqual([[message('1'), 'status 503']])
  expect(subscription.pending()).toBe(0)
})

test('back-off doubles up to its maximum', async () => {
  const at: number[] = []
  const slow = { ...limits, minBackoffMs: 40, maxBackoffMs: 80, maxDeliveryAttempts: 4 }
  const { dead, subscription } = start(async () => (at.push(performance.now()), 503), slow)
  subscription.take([message('1')])

  await expect.poll(() => dead).toHaveLength(1)
  const gaps = at.slice(1).map((time, i) => time - (at[i] ?? 0))
  for (const [i, least] of [40, 80, 80].entries()) expect(gaps[i]).toBeGreaterThan(least - 5)
  expect(gaps[2]).toBeLessThan(155)
})

test('no more than the maximum wait for their answers at a time, and one that fails does not hold up the others', async () => {
  let under = 0
  let most = 0
  const { subscription, pushes } = start(async (push) => {
    most = Math.max(most, ++under)
    await sleep(5)
    under--
    return push.message.messageId === '0' && push.deliveryAttempt < 4 ? 503 : 204
  })
  subscription.take(Array.from({ length: 10 }, (_, i) => message(String(i))))

  await expect.poll(() => subscription.pending()).toBe(0)
  expect(most).toBe(3)
  expect(pushes).toHaveLength(13)
})

test('messages over the number or the bytes that are kept are refused, all of a request', async () => {
  const { subscription } = start(async () => await new Promise<number>(() => {}))
  const many = (count: number) => Array.from({ length: count }, (_, i) => message(String(i)))

  expect(subscription.take(many(11))).toBe(false)
  expect(subscription.take(many(10))).toBe(true)
  expect(subscription.take(many(1))).toBe(false)
  expect(subscription.pending()).toBe(10)

  const big = start(async () => await new Promise<number>(() => {})).subscription
  expect(big.take([message('1', { data: 'x'.repeat(1_000 - 9 + 1) })])).toBe(false)
  expect(big.take([message('1', { data: 'x'.repeat(1_000 - 9) })])).toBe(true)
})

test('stopping calls off what is under way, and nothing is delivered after it', async () => {
  const { subscription, pushes, dead } = start(
    (_, { signal }) =>
      new Promise((__, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
  )
  subscription.take(Array.from({ length: 5 }, (_, i) => message(String(i))))
  await expect.poll(() => pushes.length).toBe(3)

  subscription.stop()
  await sleep(30)

  expect(pushes).toHaveLength(3)
  expect(dead).toEqual([])
  expect(subscription.pending()).toBe(5)
})

type Answer = (push: Pushed, options: Parameters<SubscriptionDeps['push']>[1]) => Promise<number>

function start(answer: Answer, given = limits): { subscription: Subscription; pushes: Pushed[]; dead: unknown[] } {
  const pushes: Pushed[] = []
  const dead: unknown[] = []
  const subscription = subscribe({
    name: 'projects/local/subscriptions/metrics-push',
    push: async (body, options) => {
      const push = JSON.parse(body) as Pushed
      pushes.push(push)
      return await answer(push, options)
    },
    deadLetter: (...letter) => dead.push(letter),
    limits: given,
  })
  return { subscription, pushes, dead }
}

function message(messageId: string, more: Partial<StoredMessage> = {}): StoredMessage {
  const data = Buffer.from(messageId).toString('base64')
  return {
    data,
    attributes: { a: 'b' },
    orderingKey: undefined,
    messageId,
    publishTime: '2026-11-20T17:09:01.123Z',
    ...more,
  }
}
