// Traces of a function, as a strict receiver of OTLP gets them, with the real front, the real exporter and a real database.
import { requestContext } from '@penstock/shared/base/logger.ts'
import { createListener } from '@penstock/shared/http/edge.ts'
import { noteStatement, openTraces } from '@penstock/shared/report/traces.ts'
import { openDeployment, readSettings } from '@penstock/shared/slice/deployment.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import feedback from '../functions/feedback/index.ts'
import { type RunningServer, startFront } from './support/http/http.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'
import { startTraceReceiver, type TraceReceiver } from './support/protocols/trace-receiver.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parentId = '00f067aa0ba902b7'
const identity = { deployment: 'feedback', instance: 'i', revision: 'r1' }
const SERVER = 2
const CLIENT = 3

let database: TestDatabase
let receiver: TraceReceiver
const opened: { stop(): Promise<void> }[] = []
beforeAll(async () => {
  database = await createTestDatabase()
  await createTenant(database, 'default')
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})
afterAll(async () => await database.drop())

/** A function that exports to a receiver of its own, unless there is no receiver. */
async function open(more: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
  receiver = await startTraceReceiver()
  const settings = {
    DATABASE_URL: database.urlOf('feedback'),
    OPEN: '1',
    OTLP_TRACES_ENDPOINT: receiver.endpoint,
    ...more,
  }
  const service = openDeployment('feedback', [feedback], readSettings([feedback], settings))
  const server = await startFront(createListener('feedback', service))
  opened.push(server, receiver, { stop: async () => await service.db.close() })
  return server
}

const ask = async ({ url }: RunningServer, path: string, flags = '01', init: RequestInit = {}): Promise<Response> =>
  await fetch(`${url}${path}`, {
    ...init,
    headers: { traceparent: `00-${traceId}-${parentId}-${flags}`, 'content-type': 'application/json' },
  })
const stats = '/api/v1/feedback/stats?insight_id=i'
const rate = async (server: RunningServer): Promise<Response> =>
  await ask(server, '/api/v1/feedback/rate', '01', {
    method: 'POST',
    body: JSON.stringify({ insight_id: 'secret-insight', user_id: 'u', rating: 5 }),
  })

describe('a sampled request', () => {
  it('is a span of its caller’s trace, with one for each statement, received before its answer', async () => {
    const server = await open()
    const before = BigInt(Date.now()) * 1_000_000n
    const response = await rate(server)
    expect(response.status).toBe(200)
    expect([receiver.requests.length, receiver.refusals]).toEqual([1, []])
    const [own, ...statements] = receiver.requests[0] ?? []
    expect(own).toMatchObject({
      traceId,
      parentSpanId: parentId,
      name: 'POST /api/v1/feedback/rate',
      kind: SERVER,
      statusCode: 0,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/api/v1/feedback/rate',
        'http.response.status_code': 200,
        'penstock.request_id': response.headers.get('x-request-id'),
      },
      resource: { 'service.namespace': 'penstock', 'service.name': 'feedback', 'service.version': 'local' },
    })
    expect(own && own.startNano >= before - 1_000_000n).toBe(true)
    expect(statements.length).toBeGreaterThanOrEqual(3)
    for (const statement of statements) {
      expect(statement).toMatchObject({ traceId, parentSpanId: own?.spanId, kind: CLIENT })
      expect(statement.attributes['db.system.name']).toBe('postgresql')
      expect(own && statement.startNano >= own.startNano && statement.endNano <= own.endNano).toBe(true)
    }
    expect(statements.map(({ name }) => name)).toEqual(expect.arrayContaining(['insert', 'commit']))
    const texts = statements.map(({ attributes }) => String(attributes['db.query.text']))
    expect(texts.join()).toContain('insight_feedback')
    expect(texts.join()).not.toContain('secret-insight')
  })

  it('has no parameter in its name', async () => {
    const server = await open()
    await ask(server, `${stats}&secret=1`)
    expect(receiver.requests[0]?.[0]?.name).toBe('GET /api/v1/feedback/stats')
  })

  it('that failed has the status of an error, and at most 200 statements', async () => {
    await open()
    const traces = openTraces({ endpoint: receiver.endpoint, now: Date.now, ...identity })
    const span = traces.open({ traceId, spanId: parentId, sampled: true })
    const context = { requestId: 'r', deadline: 0, ...(span && { span }) }
    requestContext.run(context, () => {
      for (let i = 0; i < 203; i++) noteStatement(`select ${i}, 'secret'`, 1)
    })
    const route = { method: 'GET', path: '/things/{id}' }
    await traces.export({ route, caller: {}, context, status: 503, startedAt: Date.now() - 5 })
    const [own, ...statements] = receiver.requests[0] ?? []
    expect(own).toMatchObject({
      name: 'GET /things/{id}',
      statusCode: 2,
      attributes: { 'penstock.statements_dropped': 3 },
      resource: { 'service.version': 'r1' },
    })
    expect(new Set(statements.map(({ attributes }) => attributes['db.query.text']))).toEqual(new Set(['select ?, ?']))
    expect(statements).toHaveLength(200)
  })

  it('is answered although nobody takes its spans, after a second at most', async () => {
    const server = await open()
    expect((await ask(server, stats)).status).toBe(200)
    for (const answer of ['never', 503] as const) {
      receiver.answer = answer
      const begun = performance.now()
      expect((await ask(server, stats)).status).toBe(200)
      expect(performance.now() - begun).toBeLessThan(3_000)
    }
    receiver.answer = 'accept'
    expect((await ask(server, stats)).status).toBe(200)
    expect(receiver.requests).toHaveLength(2)
  }, 20_000)

  it('is exported ten times a second at most', async () => {
    await open()
    let now = 1_000_500
    const traces = openTraces({ endpoint: receiver.endpoint, now: () => now, ...identity })
    const send = async (): Promise<void> => {
      const span = traces.open({ traceId, spanId: parentId, sampled: true })
      const context = { requestId: 'r', deadline: 0, ...(span && { span }) }
      await traces.export({ route: { method: 'GET', path: '/' }, caller: {}, context, status: 200, startedAt: now })
    }
    for (let i = 0; i < 13; i++) await send()
    expect(receiver.requests).toHaveLength(10)
    now += 500
    for (let i = 0; i < 3; i++) await send()
    expect(receiver.requests).toHaveLength(13)
  })
})

describe('nothing is exported', () => {
  it('of a request that is not sampled, has no trace, is not authenticated, or has no route', async () => {
    const server = await open()
    expect((await ask(server, stats, '00')).status).toBe(200)
    expect((await fetch(`${server.url}${stats}`)).status).toBe(200)
    expect((await ask(server, '/nowhere')).status).toBe(404)
    expect((await ask(server, '/health')).status).toBe(200)
    expect(receiver.requests).toEqual([])
    const guarded = await open({ OPEN: '0' })
    expect((await ask(guarded, stats)).status).toBe(401)
    expect(receiver.requests).toEqual([])
  })

  it('without a receiver, whose URL needs TLS outside this machine', async () => {
    const settings = { DATABASE_URL: database.urlOf('feedback'), OPEN: '1' }
    expect(openDeployment('feedback', [feedback], readSettings([feedback], settings)).traces).toBeUndefined()
    const plain = { ...settings, OTLP_TRACES_ENDPOINT: 'http://collector.example/v1/traces' }
    expect(() => readSettings([feedback], plain)).toThrow('OTLP_TRACES_ENDPOINT')
  })
})
