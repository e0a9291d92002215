import type { Server } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closeServer, listenOnLoopback } from '../listen.ts'
import { createPubsub } from './pubsub.ts'
import type { StoredMessage } from './subscription.ts'

const NOW = Date.parse('2026-11-20T17:09:01.123Z')
const data = Buffer.from('point').toString('base64')
let server: Server
let topic: string
let taken: StoredMessage[][]
let full: boolean

beforeEach(async () => {
  taken = []
  full = false
  const take = (messages: readonly StoredMessage[]) => !full && taken.push([...messages]) > 0
  const subscription = { take, pending: () => 0, stop: () => {} }
  server = createPubsub({
    clock: () => NOW,
    project: 'local',
    topics: { metrics: subscription },
    secretPath: '/secret',
  })
  topic = `http://127.0.0.1:${await listenOnLoopback(server, 0)}/secret/v1/projects/local/topics/metrics`
})

afterEach(async () => {
  await closeServer(server)
})

test('published messages have rising ids and the time of the request', async () => {
  const answer = await publish({
    messages: [{ data, attributes: { tenant: 'acme' } }, { attributes: { only: 'this' } }],
  })

  expect(answer.status).toBe(200)
  const ids = ((await answer.json()) as { messageIds: string[] }).messageIds
  expect(ids).toHaveLength(2)
  expect(Number(ids[1])).toBeGreaterThan(Number(ids[0]))
  expect(taken).toEqual([
    [
      {
        messageId: ids[0],
        publishTime: '2026-11-20T17:09:01.123Z',
        data,
        attributes: { tenant: 'acme' },
        orderingKey: undefined,
      },
      {
        messageId: ids[1],
        publishTime: '2026-11-20T17:09:01.123Z',
        data: '',
        attributes: { only: 'this' },
        orderingKey: undefined,
      },
    ],
  ])
})

test.each([
  ['another topic', '/v1/projects/local/topics/other:publish', 'Resource not found (resource=other).'],
  ['another project', '/v1/projects/mine/topics/metrics:publish', 'Resource not found (resource=metrics).'],
  ['another method', '/v1/projects/local/topics/metrics:pull', 'Not Found'],
])('%s is 404 in the shape of Google', async (_, path, message) => {
  const answer = await fetch(new URL(`/secret${path}`, topic), {
    method: 'POST',
    body: JSON.stringify({ messages: [{ data }] }),
  })

  expect(answer.status).toBe(404)
  expect(await answer.json()).toEqual({ error: { code: 404, message, status: 'NOT_FOUND' } })
})

test.each([
  ['no messages', {}, /too small\. You passed 0/],
  ['an empty list', { messages: [] }, /too small\. You passed 0/],
  ['1,001 messages', { messages: Array(1_001).fill({ data }) }, /too large\. You passed 1001/],
  ['messages that are no list', { messages: 'x' }, /'messages'/],
  ['a message that is none', { messages: [null] }, /messages\[0\]/],
  ['neither data nor attributes', { messages: [{ data }, {}] }, /is empty/],
  ['empty data without attributes', { messages: [{ data: '' }] }, /is empty/],
  ['data that is no text', { messages: [{ data: 7 }] }, /TYPE_BYTES/],
  ['data that is no base64', { messages: [{ data: 'a*b=' }] }, /TYPE_BYTES/],
  ['base64 of an impossible length', { messages: [{ data: 'abcde' }] }, /TYPE_BYTES/],
  ['base64 with half its padding', { messages: [{ data: 'YQ=' }] }, /TYPE_BYTES/],
  ['attributes that are no object', { messages: [{ data, attributes: [] }] }, /attributes/],
  ['an attribute that is no text', { messages: [{ data, attributes: { n: 1 } }] }, /TYPE_STRING/],
  ['an attribute without a name', { messages: [{ data, attributes: { '': 'x' } }] }, /non-empty/],
  ['a reserved attribute', { messages: [{ data, attributes: { google: 'x' } }] }, /reserved/],
  ['101 attributes', { messages: [{ data, attributes: many(101) }] }, /You passed 101/],
  ['a name of 257 bytes', { messages: [{ data, attributes: { ['é'.repeat(128) + 'x']: '' } }] }, /256 bytes/],
  ['a value of 1,025 bytes', { messages: [{ data, attributes: { n: 'x'.repeat(1_025) } }] }, /1024 bytes/],
  ['an ordering key of 1,025 bytes', { messages: [{ data, orderingKey: 'x'.repeat(1_025) }] }, /ordering_key/],
  ['two ordering keys', { messages: [{ data, orderingKey: 'a' }, { data }] }, /same ordering key/],
])('%s is 400, and nothing is published', async (_, body, message) => {
  const answer = await publish(body)

  expect(answer.status).toBe(400)
  expect(await answer.json()).toEqual({
    error: { code: 400, message: expect.stringMatching(message) as string, status: 'INVALID_ARGUMENT' },
  })
  expect(taken).toEqual([])
})

test.each([
  ['1,000 messages', { messages: Array(1_000).fill({ data }) }],
  ['100 attributes', { messages: [{ data, attributes: many(100) }] }],
  ['a name of 256 bytes', { messages: [{ data, attributes: { ['é'.repeat(128)]: '' } }] }],
  ['a value of 1,024 bytes', { messages: [{ data, attributes: { n: 'x'.repeat(1_024) } }] }],
  ['an ordering key of 1,024 bytes', { messages: [{ data, orderingKey: 'x'.repeat(1_024) }] }],
])('%s are taken', async (_, body) => {
  expect((await publish(body)).status).toBe(200)
})

test('both alphabets of base64, padded or not, are delivered as the standard one', async () => {
  await publish({ messages: [{ data: '-_-_' }, { data: 'YQ' }, { data: 'YQ==' }] })

  expect(taken[0]?.map((message) => message.data)).toEqual(['+/+/', 'YQ==', 'YQ=='])
})

test('a request of 10 MiB is taken and one byte more is not', async () => {
  const frame = JSON.stringify({ messages: [{ data: '' }] }).length
  const body = (size: number) => JSON.stringify({ messages: [{ data: 'A'.repeat(size - frame) }] })
  const limit = 10 * 1024 * 1024
  const length = limit - ((limit - frame) % 4)

  expect(
    (await fetch(`${topic}:publish`, { method: 'POST', body: `${body(length)}${' '.repeat(limit - length)}` })).status,
  ).toBe(200)
  const over = await fetch(`${topic}:publish`, {
    method: 'POST',
    body: `${body(length)}${' '.repeat(limit - length + 1)}`,
  })
  expect(over.status).toBe(400)
  expect(await over.text()).toContain('10485760 bytes')
})

test('what is not JSON is 400', async () => {
  expect((await fetch(`${topic}:publish`, { method: 'POST', body: '{' })).status).toBe(400)
})

test('messages that the subscription cannot hold are refused with 429', async () => {
  full = true
  const answer = await publish({ messages: [{ data }] })

  expect(answer.status).toBe(429)
  expect(await answer.json()).toMatchObject({ error: { status: 'RESOURCE_EXHAUSTED' } })
})

async function publish(body: unknown): Promise<Response> {
  return await fetch(`${topic}:publish`, { method: 'POST', body: JSON.stringify(body) })
}

function many(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, 'x']))
}
