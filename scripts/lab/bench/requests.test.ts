import { expect, test } from 'vitest'
import { pointsOf, type Recipe, requestSource } from './requests.ts'

const beginMs = Date.UTC(2026, 10, 20, 17, 9)

interface Sent {
  readonly head: string
  readonly body: string
}

function source(recipe: Recipe): () => () => Sent {
  const open = requestSource({ recipe, authorization: 'Bearer pk_x', beginMs })
  return () => {
    const next = open()
    return () => {
      const [head = '', body = ''] = Buffer.from(next()).toString().split('\r\n\r\n')
      return { head, body }
    }
  }
}

interface Entry {
  readonly service_name: string
  readonly timestamp: string
}

const entriesOf = ({ body }: Sent): readonly Entry[] => [JSON.parse(body) as Entry | Entry[]].flat()

const keysOf = (sent: Sent): readonly string[] =>
  entriesOf(sent).map(({ service_name, timestamp }) => `${service_name} ${timestamp}`)

test.each<Recipe>([{ kind: 'single' }, { kind: 'batch', points: 100 }, { kind: 'batch', points: 1_000 }])(
  'no point of %o is sent twice, whichever connections send how often',
  (recipe) => {
    const open = source(recipe)
    const [one, other] = [open(), open()]

    const keys = [one(), other(), one(), one(), other()].flatMap(keysOf)

    expect(keys).toHaveLength(5 * pointsOf(recipe))
    expect(new Set(keys).size).toBe(keys.length)
  },
)

test('a batch is a hundred sensors at one instant, then at the next', () => {
  const entries = entriesOf(source({ kind: 'batch', points: 1_000 })()())

  expect(new Set(entries.slice(0, 100).map((entry) => entry.service_name)).size).toBe(100)
  expect(new Set(entries.slice(0, 100).map((entry) => entry.timestamp))).toEqual(new Set(['2026-11-20T17:09:00.000Z']))
  expect(entries.at(-1)).toMatchObject({ service_name: 'gateway-99', timestamp: '2026-11-20T17:09:00.009Z' })
})

test('a request says its length, who sends it, and in a batch that a count is enough', () => {
  const { head, body } = source({ kind: 'batch', points: 100 })()()

  expect(head).toMatch(/^POST \/api\/v1\/monitoring\/metrics\/batch HTTP\/1.1\r\n/)
  expect(head).toContain('\r\nAuthorization: Bearer pk_x\r\n')
  expect(head).toContain('\r\nPrefer: return=minimal\r\n')
  expect(head).toContain(`\r\nContent-Length: ${Buffer.byteLength(body)}`)
  expect(source({ kind: 'single' })()().head).not.toContain('Prefer')
})

test('messages are published so far apart that their points, which take the time of publishing, never meet', () => {
  const next = source({ kind: 'push', points: 1_000 })()
  const messages = [next(), next()].map(
    ({ body }) => (JSON.parse(body) as { message: { data: string; messageId: string; publishTime: string } }).message,
  )

  expect(messages.map((message) => message.publishTime)).toEqual([
    '2026-11-20T17:09:00.000Z',
    '2026-11-20T17:09:00.002Z',
  ])
  expect(new Set(messages.map((message) => message.messageId)).size).toBe(2)
  const entries = JSON.parse(Buffer.from(messages[0]?.data ?? '', 'base64').toString()) as object[]
  expect(entries).toHaveLength(1_000)
  expect(entries[0]).not.toHaveProperty('timestamp')
})

test('reading takes the paths in turn, over all connections, and stores nothing', () => {
  const recipe: Recipe = { kind: 'get', paths: ['/a', '/b', '/c'] }
  const open = source(recipe)
  const [one, other] = [open(), open()]

  const lines = [one(), other(), one(), other()].map(({ head }) => head.split('\r\n')[0])

  expect(lines).toEqual(['GET /a HTTP/1.1', 'GET /b HTTP/1.1', 'GET /c HTTP/1.1', 'GET /a HTTP/1.1'])
  expect(pointsOf(recipe)).toBe(0)
})
